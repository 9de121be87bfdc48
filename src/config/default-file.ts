import { Document, isMap, isPair, isScalar, type YAMLMap } from 'yaml';
import { describeType, type SchemaNode } from './schema.ts';

/** Comments wrap here at any depth, so that they fit a page with their indentation. */
const COMMENT_COLUMNS = 96;

function wrapComment(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= COMMENT_COLUMNS)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(` ${word}`);
  }
  return lines.join('\n');
}

function commentOf(node: SchemaNode, isWritten: boolean): string {
  const { description = '' } = node;
  // An object that is written out shows what it takes.
  const takes = isWritten && node.properties !== undefined ? '' : `Takes: ${describeType(node)}`;
  return [description, takes]
    .filter((text) => text !== '')
    .map(wrapComment)
    .join('\n');
}

/** Describes keys without a default, as comments at the end of their map. */
function describeAbsent(
  properties: Readonly<Record<string, SchemaNode>>,
  written: ReadonlySet<string>,
): string {
  return Object.entries(properties)
    .filter(([key]) => !written.has(key))
    .map(([key, node]) => `${commentOf(node, false)}\n ${key}:`)
    .join('\n');
}

function annotate(map: YAMLMap, { properties = {} }: SchemaNode): void {
  const written = new Set<string>();
  for (const pair of map.items) {
    if (!isPair(pair) || !isScalar(pair.key)) continue;
    const key = String(pair.key.value);
    const node = properties[key];
    if (node === undefined) continue;
    written.add(key);
    const comment = commentOf(node, true);
    if (comment !== '') pair.key.commentBefore = comment;
    if (isMap(pair.value)) annotate(pair.value, node);
  }
  const absent = describeAbsent(properties, written);
  if (absent !== '') map.comment = absent;
}

/** Writes a configuration file that changes nothing, with every key explained. */
export function renderDefaultFile(schema: SchemaNode, values: object): string {
  const document = new Document(values);
  if (isMap(document.contents)) annotate(document.contents, schema);
  return document.toString({ lineWidth: 0 });
}
