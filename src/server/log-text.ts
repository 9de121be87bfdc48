import { cutEnd } from '../lib/bound-text.ts';
import { redact } from '../lib/errors.ts';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';

const LOG_TEXT_LIMITS = {
  /** The longest name that Kubernetes allows (DNS subdomain, RFC 1123). */
  characters: 253,
  /** UTF-16 units that are read at all. More than are shown: a login is recognized by the "@" at its end. */
  units: 4096,
} as const;

/** Cleans and shortens a text for the log: callers write it, and people read logs on terminals. */
export function boundLogText(text: string): string {
  const clean = redact(stripControlCharacters(text.slice(0, LOG_TEXT_LIMITS.units)));
  return cutEnd(clean, LOG_TEXT_LIMITS.characters);
}
