import { isCollection, isMap, isPair, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { cutEnd } from '../../lib/bound-text.ts';
import { describeError } from '../../lib/errors.ts';
import { isObject, property } from '../../lib/json.ts';
import { findItems, parseJsonValues, type JsonValue } from './json-values.ts';
import type { InputFile, Problem } from './read-files.ts';

/** Limit for one parser message, which may quote the rest of the file. */
const MAX_MESSAGE_CHARACTERS = 120;

/** No Kubernetes schema has a hundred levels; recursive code that reads documents overflows after some thousands. */
const MAX_DEPTH = 500;

/** Keys within keys: `{{ .Values.image }}` has one. */
const MAX_KEY_DEPTH = 4;

/** One YAML document, or one value of a JSON file. */
export interface ParsedDocument {
  readonly file: string;
  /** Starts at 1. */
  readonly document: number;
  readonly value: unknown;
  /** Line of the value, after the comments before it. */
  readonly line: number;
  /** Lines of the objects in its `items`, if it is a list. Empty if they are not known. */
  readonly itemLines: readonly number[];
  /** The comments before the value, without their `#`. */
  readonly comment: string;
  readonly extent: Extent;
}

/** The part of a file's text that holds a document. */
export interface Extent {
  readonly start: number;
  readonly end: number;
  /** Line of the first character. */
  readonly line: number;
}

export interface ParsedFile {
  readonly documents: readonly ParsedDocument[];
  readonly problems: readonly Problem[];
}

type YamlDocument = ReturnType<typeof parseAllDocuments>[number];
type Place = Pick<ParsedDocument, 'file' | 'document'>;

function problemsOf(yaml: YamlDocument, lines: LineCounter, place: Place): readonly Problem[] {
  return yaml.errors.map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return { ...place, line, column: col, message: cutEnd(message, MAX_MESSAGE_CHARACTERS) };
  });
}

/** Returns the lines of a list's items, leaving out those that are no objects. */
function itemLinesOf({ contents }: YamlDocument, value: unknown, lines: LineCounter): readonly number[] {
  const nodes = isMap(contents) ? contents.get('items', true) : undefined;
  const items = isObject(value) ? property(value, 'items') : undefined;
  // They differ in length if `items` comes from an anchor, or is there twice.
  if (!isSeq(nodes) || !Array.isArray(items) || nodes.items.length !== items.length) return [];
  return nodes.items.flatMap((node, index) => {
    const offset = (node as { readonly range?: readonly number[] | null }).range?.[0];
    return isObject(items[index]) && offset !== undefined ? lines.linePos(offset).line : [];
  });
}

/** Describes where a document is. Comments count for the document that follows them. */
function placeOf(yaml: YamlDocument, value: unknown, lines: LineCounter) {
  const [start, , end] = yaml.range ?? [0, 0, 0];
  const { contents } = yaml;
  return {
    line: lines.linePos(contents?.range?.[0] ?? start).line,
    itemLines: itemLinesOf(yaml, value, lines),
    comment: [yaml.commentBefore, contents?.commentBefore].filter(Boolean).join('\n'),
    extent: { start, end, line: lines.linePos(start).line },
  };
}

/**
 * Reports whether keys are nested in keys, such as `? ? ? a`. A template that was not rendered has a mapping as a key, but no deeper
 * one, and the parser takes minutes to convert a key of some hundred levels to text. The loop is safe from deep values.
 */
function hasNestedKeys({ contents }: YamlDocument): boolean {
  const open: { readonly node: unknown; readonly depth: number }[] = [{ node: contents, depth: 0 }];
  for (let last = open.pop(); last !== undefined; last = open.pop()) {
    const { node, depth } = last;
    if (depth > MAX_KEY_DEPTH) return true;
    if (isPair(node)) {
      if (isCollection(node.key)) open.push({ node: node.key, depth: depth + 1 });
      if (isCollection(node.value)) open.push({ node: node.value, depth });
    } else if (isCollection(node)) for (const item of node.items) open.push({ node: item, depth });
  }
  return false;
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
    const { line: firstLine } = lines.linePos(yaml.contents?.range?.[0] ?? 0);
    if (hasNestedKeys(yaml)) {
      problems.push({
        ...place,
        line: firstLine,
        column: null,
        message: 'a key is a mapping with such keys',
      });
      continue;
    }
    try {
      const value = yaml.toJS() as unknown;
      documents.push({ ...place, value, ...placeOf(yaml, value, lines) });
    } catch (error) {
      // toJS resolves aliases: it fails if one has no anchor, or if there are far too many.
      problems.push({ ...place, line: firstLine, column: null, message: describeError(error) });
    }
  }
  return { documents: documents.filter(({ value }) => value !== null), problems };
}

/** Finds the lines of a text as the YAML parser does. */
function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  for (let start = 0; start >= 0; start = text.indexOf('\n', start) + 1 || -1) lines.addNewLine(start);
  return lines;
}

function parseJson({ file, text }: InputFile, values: readonly JsonValue[]): ParsedFile {
  const lines = countLines(text);
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const documents = values.map((found, index) => {
    const { value, start, end } = found;
    const isList = isObject(value) && Array.isArray(property(value, 'items'));
    const itemLines = isList ? findItems(text, found).map(lineAt) : [];
    const line = lineAt(start);
    const extent = { start, end, line };
    return { file, document: index + 1, value, line, itemLines, comment: '', extent };
  });
  return { documents, problems: [] };
}

function parse(input: InputFile): ParsedFile {
  const values = parseJsonValues(input.text);
  return values === null ? parseYaml(input) : parseJson(input, values);
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
