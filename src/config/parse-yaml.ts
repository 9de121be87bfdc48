import {
  isAlias,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Pair,
} from 'yaml';
import { cutEnd } from '../lib/bound-text.ts';
import { describeError } from '../lib/errors.ts';
import type { Path } from './check-value.ts';

/** Limit for one message: the parser quotes the faulty text, which may be the rest of the file. */
const MAX_MESSAGE_CHARACTERS = 120;

export interface ParsedYaml {
  readonly value: unknown;
  /** Syntax errors, duplicate keys, and unknown tags, each with its place. */
  readonly problems: readonly string[];
  /** Returns the line of the deepest part of a path that the file contains; null if it contains none. */
  readonly lineOf: (path: Path) => number | null;
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

function findLine(document: Document, lines: LineCounter, path: Path): number | null {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    const start = isNode(node) ? node.range?.[0] : undefined;
    if (start !== undefined) return lines.linePos(start).line;
  }
  return null;
}

/** Replacements for parser messages that address programmers. */
const MESSAGES: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'A second document starts here, but a file holds one configuration',
};

function syntaxFaults({ errors, warnings }: Document): readonly Fault[] {
  return [...errors, ...warnings].map(({ code, message, pos }) => ({
    offset: pos[0],
    message: MESSAGES[code] ?? message,
  }));
}

function faultOfAlias(alias: Alias, path: readonly unknown[], document: Document): readonly Fault[] {
  const target = alias.resolve(document);
  const isWithin = target !== undefined && path.includes(target);
  const message = `Alias "*${alias.source}" is part of what it refers to`;
  return isWithin ? [{ offset: alias.range?.[0] ?? 0, message }] : [];
}

/** The parser would convert such a key to text, and warn on the process's standard error. */
function faultOfKey({ key }: Pair, document: Document): readonly Fault[] {
  const target = isAlias(key) ? key.resolve(document) : key;
  if (!isNode(target) || isScalar(target)) return [];
  const { range } = isNode(key) ? key : target;
  return [{ offset: range?.[0] ?? 0, message: 'A key must be text, not a list or a map' }];
}

/** Finds what YAML allows and JSON cannot express. */
function shapeFaults(document: Document): readonly Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Alias: (_key, alias, path) => void faults.push(...faultOfAlias(alias, path, document)),
    Pair: (_key, pair) => void faults.push(...faultOfKey(pair, document)),
  });
  return faults;
}

function describeFaults(faults: readonly Fault[], lines: LineCounter): readonly string[] {
  return faults.map(({ offset, message }) => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}: ${cutEnd(message, MAX_MESSAGE_CHARACTERS)}`;
  });
}

function failed(problems: readonly string[]): ParsedYaml {
  return { value: null, problems, lineOf: () => null };
}

/** Parses one YAML 1.2 document strictly: what a lenient parser would ignore is a problem. */
export function parseYaml(text: string): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
    strict: true,
    // Its warnings are reported as problems; by default it would also write them to standard error.
    logLevel: 'error',
  });
  const syntax = syntaxFaults(document);
  const faults = syntax.length > 0 ? syntax : shapeFaults(document);
  if (faults.length > 0) return failed(describeFaults(faults, lines));
  try {
    return { value: document.toJS(), problems: [], lineOf: (path) => findLine(document, lines, path) };
  } catch (error) {
    // Aliases are resolved only here: there may be too many, or one without its anchor.
    return failed([describeError(error)]);
  }
}
