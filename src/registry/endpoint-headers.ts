import type { JsonObject } from '../lib/json.ts';
import { invalidHosts } from './hosts/invalid-hosts.ts';

const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;

/** What the connection itself says, or what names the place that is asked. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Values may be secrets: an error names the header and no more. @throws AppError `invalid-hosts` */
export function parseEndpointHeaders(table: JsonObject, subject: string): Readonly<Record<string, string>> {
  const entries = Object.entries(table).map(([name, value]) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    const isGood = values.every((part) => typeof part === 'string' && VALUE.test(part));
    if (!NAME.test(name) || RESERVED.has(name.toLowerCase()) || !isGood) {
      throw invalidHosts(subject, `header "${name}" cannot be sent`);
    }
    return [name.toLowerCase(), values.join(', ')] as const;
  });
  return Object.fromEntries(entries);
}
