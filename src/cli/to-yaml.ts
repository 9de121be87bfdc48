import { Document, visit } from 'yaml';
import { escapeControlCharacters, hasControlCharacters } from '../lib/strip-control-characters.ts';

/** As double quotes have it, in YAML 1.1 and 1.2 (5.7, "Escaped Characters"). */
function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code > 0xffff) return `\\U${digits.padStart(8, '0')}`;
  return code > 0xff ? `\\u${digits.padStart(4, '0')}` : `\\x${digits.padStart(2, '0')}`;
}

/**
 * A value as kubectl reads it, and fit for a terminal. Readers of YAML 1.1, most of those in Go and Python among them, take
 * bare words such as `on` and `0x10` for no text: these are quoted. So is text with anything in it that a terminal would obey,
 * which then stands there as an escape.
 */
export function toYaml(value: object): string {
  const document = new Document(value, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, scalar) => {
      if (typeof scalar.value === 'string' && hasControlCharacters(scalar.value))
        scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return escapeControlCharacters(document.toString({ lineWidth: 0 }), escape);
}
