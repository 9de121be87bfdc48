import { parseAst } from 'vitest/node';

/** A regular expression in a source text, literal or built with `new RegExp`. */
export interface RegularExpression {
  /** File and line: `credentials/parse-docker-config.ts:20`. */
  readonly place: string;
  /** Null if its text is known at run time only. */
  readonly pattern: string | null;
  readonly flags: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function childrenOf(node: Node): readonly Node[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* walk(child);
}

function nodes(value: unknown): readonly Node[] {
  return Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [];
}

function nameOf(value: unknown): string {
  return isNode(value) && typeof value['name'] === 'string' ? value['name'] : '';
}

/** Constants of a file by name, with their expressions. */
type Constants = ReadonlyMap<string, Node>;

function constantsOf(program: Node): Constants {
  const declarations = [...walk(program)].filter(({ type }) => type === 'VariableDeclaration');
  const constants = declarations.filter(({ kind }) => kind === 'const');
  return new Map(
    constants
      .flatMap(({ declarations: declared }) => nodes(declared))
      .flatMap(({ id, init }) => (isNode(init) ? [[nameOf(id), init] as const] : [])),
  );
}

function join(parts: readonly (string | null)[]): string | null {
  return parts.includes(null) ? null : parts.join('');
}

function textOfTemplate(template: Node, constants: Constants, form: 'raw' | 'cooked'): string | null {
  const values = nodes(template['expressions']).map((part) => textOf(part, constants));
  const texts = nodes(template['quasis']).map(({ value }) => {
    const text: unknown = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    const found = Array.isArray(text)
      ? (text as [string, unknown][]).find(([key]) => key === form)
      : undefined;
    return typeof found?.[1] === 'string' ? found[1] : null;
  });
  return join(
    texts.flatMap((text, index) => (index < values.length ? [text, values[index] ?? null] : [text])),
  );
}

/** Returns the constant text of an expression; null if it depends on the run. */
function textOf(node: Node, constants: Constants): string | null {
  const part = (name: string): Node | null => (isNode(node[name]) ? node[name] : null);
  const textOfPart = (name: string): string | null => {
    const found = part(name);
    return found === null ? null : textOf(found, constants);
  };
  switch (node.type) {
    case 'Literal':
      return typeof node['value'] === 'string' ? node['value'] : (regexOf(node)?.pattern ?? null);
    case 'TemplateLiteral':
      return textOfTemplate(node, constants, 'cooked');
    case 'TaggedTemplateExpression': {
      const quasi = part('quasi');
      return quasi === null ? null : textOfTemplate(quasi, constants, 'raw');
    }
    case 'BinaryExpression':
      return join([textOfPart('left'), textOfPart('right')]);
    case 'Identifier': {
      const constant = constants.get(nameOf(node));
      return constant === undefined ? null : textOf(constant, constants);
    }
    case 'MemberExpression':
      return nameOf(node['property']) === 'source' ? textOfPart('object') : null;
    case 'NewExpression': {
      const [pattern] = nodes(node['arguments']);
      return pattern === undefined ? null : textOf(pattern, constants);
    }
    default:
      return null;
  }
}

function regexOf(node: Node): { readonly pattern: string; readonly flags: string } | null {
  const { regex } = node;
  if (typeof regex !== 'object' || regex === null || !('pattern' in regex) || !('flags' in regex))
    return null;
  return { pattern: String(regex.pattern), flags: String(regex.flags) };
}

function isConstruction({ type, callee }: Node): boolean {
  return (type === 'NewExpression' || type === 'CallExpression') && nameOf(callee) === 'RegExp';
}

/** Finds every regular expression of a file. */
export function regularExpressionsIn(file: string, source: string): readonly RegularExpression[] {
  const program = parseAst(source, { lang: 'ts' });
  if (!isNode(program)) throw new Error(`${file} has no program`);
  const constants = constantsOf(program);
  return [...walk(program)].flatMap((node) => {
    const place = `${file}:${source.slice(0, node.start).split('\n').length}`;
    const literal = regexOf(node);
    if (literal !== null) return [{ place, ...literal }];
    if (!isConstruction(node)) return [];
    const [pattern, flags] = nodes(node['arguments']).map((argument) => textOf(argument, constants));
    return [{ place, pattern: pattern ?? null, flags: flags ?? '' }];
  });
}
