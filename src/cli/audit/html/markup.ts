import { stripControlCharactersInLines } from '../../../lib/strip-control-characters.ts';

/** Markup of a page. Only `markup` creates it, so that everything else is escaped. */
class Markup {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}
export type Html = Markup;

/** A list is joined without a separator; null is nothing. */
type Value = Html | string | number | readonly Value[] | null;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes a text for an element or a quoted attribute. Keeps line breaks, and replaces other control characters. */
function escape(text: string): string {
  const clean = stripControlCharactersInLines(text.toWellFormed());
  return clean.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

function render(value: Value): string {
  if (value === null) return '';
  if (value instanceof Markup) return value.toString();
  if (typeof value === 'string') return escape(value);
  return typeof value === 'number' ? String(value) : value.map(render).join('');
}

/** Renders a template of HTML. Escapes every value but markup, so attributes need quotes. */
export function markup(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Markup(parts.map((part, index) => part + render(values[index] ?? null)).join(''));
}

/** Returns a style element, whose text browsers take as it is. */
export function styleElement(css: string): Html {
  if (css.includes('<')) throw new Error('Cannot write a style element: its text contains "<"');
  return new Markup(`<style>${css}</style>`);
}
