import { LineCounter, parseAllDocuments } from 'yaml';
import { cutEnd } from '../../lib/bound-text.ts';
import { describeError } from '../../lib/errors.ts';
import type { InputFile, Problem } from './read-files.ts';

/** Limit for one parser message, which may quote the rest of the file. */
const MAX_MESSAGE_CHARACTERS = 120;

/** No Kubernetes schema has a hundred levels; recursive code that reads documents overflows after some thousands. */
const MAX_DEPTH = 500;

/** One YAML document, or one value of a JSON file. */
export interface ParsedDocument {
  readonly file: string;
  /** Starts at 1. */
  readonly document: number;
  readonly value: unknown;
}

export interface ParsedFile {
  readonly documents: readonly ParsedDocument[];
  readonly problems: readonly Problem[];
}

const OPENING = new Set(['{', '[']);
const CLOSING = new Set(['}', ']']);

/** The tokens that decide where a JSON value ends: brackets, quotes and escaped characters. */
const JSON_TOKENS = /[{}[\]"]|\\./gs;

/** Splits concatenated JSON values by their brackets; JSON.parse validates them later. */
function splitValues(text: string): readonly string[] {
  const values: string[] = [];
  let [start, depth, isQuoted] = [0, 0, false];
  for (const { 0: token, index } of text.matchAll(JSON_TOKENS)) {
    if (token === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (OPENING.has(token)) depth += 1;
    else if (CLOSING.has(token)) depth -= 1;
    if (depth === 0 && CLOSING.has(token)) {
      values.push(text.slice(start, index + 1));
      start = index + 1;
    }
  }
  const rest = text.slice(start);
  return rest.trim() === '' ? values : [...values, rest];
}

function tryParse(texts: readonly string[]): readonly unknown[] | null {
  try {
    return texts.map((text) => JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}

/**
 * Parses one JSON value or, as kubectl does, several in a row, which is what jq prints. Returns null for anything else; the
 * YAML parser then reports the error with its line.
 */
function parseJsonValues(text: string): readonly unknown[] | null {
  if (!/^\s*[[{]/.test(text)) return null;
  return tryParse([text]) ?? tryParse(splitValues(text));
}

type YamlDocument = ReturnType<typeof parseAllDocuments>[number];
type Place = Pick<ParsedDocument, 'file' | 'document'>;

function problemsOf(yaml: YamlDocument, lines: LineCounter, place: Place): readonly Problem[] {
  return yaml.errors.map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return { ...place, line, column: col, message: cutEnd(message, MAX_MESSAGE_CHARACTERS) };
  });
}

/** Parses as kubectl does: merge keys work, the last of several equal keys wins, and empty documents are skipped. */
function parseYaml({ file, text }: InputFile): ParsedFile {
  const lines = new LineCounter();
  const options = {
    lineCounter: lines,
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
    // Warnings would go to the process's standard error with a stack trace, and templates cause many.
    logLevel: 'error',
  } as const;
  const all: Iterable<YamlDocument> = parseAllDocuments(text, options);
  const documents: ParsedDocument[] = [];
  const problems: Problem[] = [];
  for (const [index, yaml] of [...all].entries()) {
    const place = { file, document: index + 1 };
    const found = problemsOf(yaml, lines, place);
    problems.push(...found);
    if (found.length > 0) continue;
    try {
      documents.push({ ...place, value: yaml.toJS() as unknown });
    } catch (error) {
      // toJS resolves aliases: it fails if one has no anchor, or if there are far too many.
      const { line } = lines.linePos(yaml.contents?.range?.[0] ?? 0);
      problems.push({ ...place, line, column: null, message: describeError(error) });
    }
  }
  return { documents: documents.filter(({ value }) => value !== null), problems };
}

function parse(input: InputFile): ParsedFile {
  const values = parseJsonValues(input.text);
  if (values === null) return parseYaml(input);
  const documents = values.map((value, index) => ({ file: input.file, document: index + 1, value }));
  return { documents, problems: [] };
}

function objectsIn(value: object): readonly object[] {
  return Object.values(value).filter((child: unknown) => typeof child === 'object' && child !== null);
}

/**
 * Goes down level by level instead of recursing, so that deep and circular values are safe. A set counts each object once per
 * level: `&a [*a, *a]` would otherwise double at every level.
 */
function isTooDeep(value: unknown): boolean {
  let level: ReadonlySet<object> = new Set(objectsIn([value]));
  for (let depth = 1; level.size > 0; depth += 1) {
    if (depth > MAX_DEPTH) return true;
    level = new Set([...level].flatMap(objectsIn));
  }
  return false;
}

function depthProblem({ file, document }: ParsedDocument): Problem {
  const message = `Cannot read "${file}": document ${document} is nested deeper than any manifest`;
  return { file, document, line: null, column: null, message };
}

export function parseDocuments(input: InputFile): ParsedFile {
  const { documents, problems } = parse(input);
  const { deep = [], flat = [] } = Object.groupBy(documents, ({ value }) =>
    isTooDeep(value) ? 'deep' : 'flat',
  );
  return { documents: flat, problems: [...problems, ...deep.map(depthProblem)] };
}
