import { parsePointer } from '../pod/json-pointer.ts';
import type { Change } from '../policy/decision.ts';

const DEFAULTS = {
  /** Longer values (overhead, tolerations) would push the rest of a warning out of its bounds. */
  shownCharacters: 40,
} as const;

const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** A pointer as kubectl writes a field: `/spec/containers/0/image` is `spec.containers[0].image`. */
export function formatField(pointer: string): string {
  return parsePointer(pointer).reduce((field, segment) => {
    if (segment === '-') return field;
    if (/^\d+$/.test(segment)) return `${field}[${segment}]`;
    if (!IDENTIFIER.test(segment)) return `${field}["${segment}"]`;
    return field === '' ? segment : `${field}.${segment}`;
  }, '');
}

/** A change in a few words: `spec.runtimeClassName="wasmtime"`; `+=` where it adds to a list. */
export function describeChange(change: Change): string {
  const field = formatField(change.path);
  const value = JSON.stringify(change.value);
  if (value === undefined || value.length > DEFAULTS.shownCharacters) return field;
  return `${field}${change.path.endsWith('/-') ? '+=' : '='}${value}`;
}
