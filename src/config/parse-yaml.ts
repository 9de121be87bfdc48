import { LineCounter, parseDocument, isNode, type Document } from 'yaml';
import { describeError } from '../errors.ts';
import type { Path } from './check-value.ts';

export interface ParsedYaml {
  readonly value: unknown;
  /** Syntax errors, duplicate keys, unknown tags: each with its place. */
  readonly problems: readonly string[];
  /** The line of the deepest part of a path that is written in the file; null for what is not there. */
  readonly lineOf: (path: Path) => number | null;
}

function findLine(document: Document, lines: LineCounter, path: Path): number | null {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    const start = isNode(node) ? node.range?.[0] : undefined;
    if (start !== undefined) return lines.linePos(start).line;
  }
  return null;
}

/** One YAML 1.2 document, strictly: what a lenient parser would pass over is a problem here. */
export function parseYaml(text: string): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
    strict: true,
  });
  const problems = [...document.errors, ...document.warnings].map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return `line ${line}, column ${col}: ${message}`;
  });
  if (problems.length > 0) return { value: null, problems, lineOf: () => null };
  try {
    return { value: document.toJS(), problems, lineOf: (path) => findLine(document, lines, path) };
  } catch (error) {
    // Aliases are resolved only now: too many of them, or one without its anchor.
    return { value: null, problems: [describeError(error)], lineOf: () => null };
  }
}
