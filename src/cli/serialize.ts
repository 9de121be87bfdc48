import { Document, visit } from 'yaml';
import { escapeControlCharacters, hasControlCharacters } from '../lib/strip-control-characters.ts';

/** Returns the escape for double-quoted text, valid in YAML 1.1 and 1.2 (section 5.7, "Escaped Characters"). */
function yamlEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code > 0xffff) return `\\U${digits.padStart(8, '0')}`;
  return code > 0xff ? `\\u${digits.padStart(4, '0')}` : `\\x${digits.padStart(2, '0')}`;
}

/**
 * Returns YAML that kubectl reads back as the same value, safe to print on a terminal. YAML 1.1 readers, such as most in Go
 * and Python, parse bare words like `on` and `0x10` as non-strings, so these are quoted. Control characters are escaped.
 */
export function toYaml(value: object): string {
  const document = new Document(value, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, scalar) => {
      if (typeof scalar.value === 'string' && hasControlCharacters(scalar.value))
        scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return escapeControlCharacters(document.toString({ lineWidth: 0 }), yamlEscape);
}
