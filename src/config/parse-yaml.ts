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
import { describeError } from '../lib/errors.ts';
import type { Path } from './check-value.ts';

const DEFAULTS = {
  /** Of one problem: the parser quotes what it stumbles over, which may be the rest of the file. */
  messageCharacters: 120,
} as const;

export interface ParsedYaml {
  readonly value: unknown;
  /** Syntax errors, duplicate keys, unknown tags: each with its place. */
  readonly problems: readonly string[];
  /** The line of the deepest part of a path that is written in the file; null for what is not there. */
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

/** Words of ours where the parser's are for programmers. */
const MESSAGES: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'A second document begins here, and a file holds one configuration',
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
  const message = `Alias "*${alias.source}" stands within what it names`;
  return isWithin ? [{ offset: alias.range?.[0] ?? 0, message }] : [];
}

/** The parser would make text of such a key, and tell the process's standard error. */
function faultOfKey({ key }: Pair, document: Document): readonly Fault[] {
  const target = isAlias(key) ? key.resolve(document) : key;
  if (!isNode(target) || isScalar(target)) return [];
  const { range } = isNode(key) ? key : target;
  return [{ offset: range?.[0] ?? 0, message: 'A key is text here, no list and no map' }];
}

/** What YAML allows, and JSON has no room for. */
function shapeFaults(document: Document): readonly Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Alias: (_key, alias, path) => void faults.push(...faultOfAlias(alias, path, document)),
    Pair: (_key, pair) => void faults.push(...faultOfKey(pair, document)),
  });
  return faults;
}

function shorten(message: string): string {
  const { messageCharacters: most } = DEFAULTS;
  return message.length > most ? `${message.slice(0, most - 1)}…` : message;
}

function describeFaults(faults: readonly Fault[], lines: LineCounter): readonly string[] {
  return faults.map(({ offset, message }) => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}: ${shorten(message)}`;
  });
}

function failed(problems: readonly string[]): ParsedYaml {
  return { value: null, problems, lineOf: () => null };
}

/** One YAML 1.2 document, strictly: what a lenient parser would pass over is a problem here. */
export function parseYaml(text: string): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
    strict: true,
    // What it warns of is a problem, told as such; by itself it would write to the process's standard error.
    logLevel: 'error',
  });
  const syntax = syntaxFaults(document);
  const faults = syntax.length > 0 ? syntax : shapeFaults(document);
  if (faults.length > 0) return failed(describeFaults(faults, lines));
  try {
    return { value: document.toJS(), problems: [], lineOf: (path) => findLine(document, lines, path) };
  } catch (error) {
    // Aliases are resolved only now: too many of them, or one without its anchor.
    return failed([describeError(error)]);
  }
}
