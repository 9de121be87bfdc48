import { diff } from 'node:util';

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'hunk';
  readonly text: string;
}

const DEFAULTS = {
  /** Unchanged lines around a change, as diff -u has them. */
  context: 3,
} as const;

type Line = DiffLine & { readonly kind: 'same' | 'added' | 'removed' };

const RANK = { removed: 0, added: 1 } as const;

/** Removed lines before added ones within each run of changes, as diff -u writes them. */
function ordered(lines: readonly Line[]): readonly Line[] {
  const sorted: Line[] = [];
  let run: (Line & { readonly kind: 'added' | 'removed' })[] = [];
  const flush = (): void => {
    sorted.push(...run.toSorted((left, right) => RANK[left.kind] - RANK[right.kind]));
    run = [];
  };
  for (const line of lines) {
    if (line.kind !== 'same') run.push({ ...line, kind: line.kind });
    else {
      flush();
      sorted.push(line);
    }
  }
  flush();
  return sorted;
}

function compareLines(before: readonly string[], after: readonly string[]): readonly Line[] {
  const entries = diff(after, before);
  return ordered(
    entries.map(([operation, text]) => ({
      kind: operation === 0 ? 'same' : operation > 0 ? 'added' : 'removed',
      text,
    })),
  );
}

function countOf(lines: readonly Line[], without: Line['kind']): number {
  return lines.filter(({ kind }) => kind !== without).length;
}

/** What two texts differ in, line by line, in hunks; empty where they are the same. */
export function unifiedDiff(before: string, after: string): readonly DiffLine[] {
  const lines = compareLines(before.trimEnd().split('\n'), after.trimEnd().split('\n'));
  const { context } = DEFAULTS;
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ kind }) => kind !== 'same'),
  );
  const result: DiffLine[] = [];
  for (let start = near.indexOf(true); start >= 0;) {
    const gap = near.indexOf(false, start);
    const end = gap < 0 ? lines.length : gap;
    const [seen, hunk] = [lines.slice(0, start), lines.slice(start, end)];
    const old = `${countOf(seen, 'added') + 1},${countOf(hunk, 'added')}`;
    const fresh = `${countOf(seen, 'removed') + 1},${countOf(hunk, 'removed')}`;
    result.push({ kind: 'hunk', text: `@@ -${old} +${fresh} @@` }, ...hunk);
    start = gap < 0 ? -1 : near.indexOf(true, end);
  }
  return result;
}
