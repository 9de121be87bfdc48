import { structuredPatch } from 'diff';
import type { Page, Style } from './page.ts';
import { toYaml } from './serialize.ts';

const DIFF_OPTIONS = {
  /** Unchanged lines around a change, as in `diff -u`. */
  context: 3,
  /**
   * The algorithm takes time quadratic in the number of changed lines: about three seconds at this limit. A Pod with 256
   * containers, the most that wasmgate changes, gets fewer than 2,600.
   */
  maxEditLength: 3000,
} as const;

const STYLES: Readonly<Record<string, Style>> = { '+': 'green', '-': 'red' };

/** Renders the difference of two objects as YAML, in the format of `diff -u`; empty if they are equal. */
export function renderDiff({ paint }: Page, before: object, after: object): readonly string[] {
  const [old, fresh] = [toYaml(before), toYaml(after)];
  const patch = structuredPatch('', '', old, fresh, undefined, undefined, DIFF_OPTIONS);
  if (patch === undefined) return [paint('yellow', 'Too many changes for a diff; -o patch lists them.')];
  return patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    paint('cyan', `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`),
    ...lines.map((line) => paint(STYLES[line.charAt(0)] ?? [], line)),
  ]);
}
