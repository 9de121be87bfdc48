import { LineCounter, parseAllDocuments } from 'yaml';
import { describeError } from '../../lib/errors.ts';
import { isNestedTooDeep } from './is-nested-too-deep.ts';
import { parseJsonValues } from './parse-json-values.ts';
import type { Problem } from './problem.ts';
import type { InputFile } from './read-files.ts';

const DEFAULTS = {
  /** Of one problem: the parser quotes what it stumbles over, which may be the rest of the file. */
  messageCharacters: 120,
} as const;

/** One YAML document, or one value of a JSON file. */
export interface ParsedDocument {
  readonly file: string;
  /** Counted from 1. */
  readonly document: number;
  readonly value: unknown;
}

export interface ParsedFile {
  readonly documents: readonly ParsedDocument[];
  readonly problems: readonly Problem[];
}

type YamlDocument = ReturnType<typeof parseAllDocuments>[number];

function shorten(message: string): string {
  const { messageCharacters: most } = DEFAULTS;
  return message.length > most ? `${message.slice(0, most - 1)}…` : message;
}

type Place = Pick<ParsedDocument, 'file' | 'document'>;

function problemsOf(yaml: YamlDocument, lines: LineCounter, place: Place): readonly Problem[] {
  return yaml.errors.map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return { ...place, line, column: col, message: shorten(message) };
  });
}

/** Aliases are resolved only when values are made: one without its anchor, or more of them than anybody means. */
function problemOfAliases(error: unknown, at: Place & { readonly line: number }): Problem {
  return { ...at, column: null, message: describeError(error) };
}

/** As kubectl reads manifests: merge keys are known, of equal keys the last counts, an empty document is none. */
function parseYaml({ file, text }: InputFile): ParsedFile {
  const lines = new LineCounter();
  const options = {
    lineCounter: lines,
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
    // Its warnings would go to the process's own standard error, with a stack; templates are full of what they are about.
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
      const { line } = lines.linePos(yaml.contents?.range?.[0] ?? 0);
      problems.push(problemOfAliases(error, { ...place, line }));
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

function problemOfDepth({ file, document }: ParsedDocument): Problem {
  const message = `Cannot read "${file}": document ${document} is nested deeper than any manifest`;
  return { file, document, line: null, column: null, message };
}

export function parseDocuments(input: InputFile): ParsedFile {
  const { documents, problems } = parse(input);
  const { deep = [], flat = [] } = Object.groupBy(documents, ({ value }) =>
    isNestedTooDeep(value) ? 'deep' : 'flat',
  );
  return { documents: flat, problems: [...problems, ...deep.map(problemOfDepth)] };
}
