import { parsePointer } from '../pod/json-pointer.ts';
import type { Change } from '../policy/decision.ts';

/** Longer values (overhead, tolerations) would push the rest of a warning out of its bounds. */
const SHOWN_VALUE_CHARACTERS = 40;

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
  if (value === undefined || value.length > SHOWN_VALUE_CHARACTERS) return field;
  return `${field}${change.path.endsWith('/-') ? '+=' : '='}${value}`;
}
