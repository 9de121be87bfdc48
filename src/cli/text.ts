import { stripControlCharacters } from '../lib/strip-control-characters.ts';

/**
 * Words in lines of at most `columns`, each after the indent; a longer word has a line of its own. Texts name what
 * manifests and registries say, so nothing in them reaches the terminal that it would obey.
 */
export function wrap(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  for (const word of stripControlCharacters(text)
    .split(/\s+/)
    .filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines.join('\n');
}

export type Row = readonly [left: string, right: string];

/** Two columns; a left side too long for its column has the line for itself. */
export function table(rows: readonly Row[], columns: number): string {
  const widest = Math.max(...rows.map(([left]) => left.length));
  const width = Math.min(widest, Math.floor(columns / 3));
  const indent = ' '.repeat(width + 4);
  return rows
    .map(([left, right]) => {
      const text = wrap(right, columns, indent);
      if (text === '') return `  ${left}`;
      return left.length > width ? `  ${left}\n${text}` : `  ${left.padEnd(width)}  ${text.trimStart()}`;
    })
    .join('\n');
}
