import { DOCKER_HUB, parseReference } from '../image/reference.ts';
import { AppError } from '../lib/errors.ts';
import { isObject, property } from '../lib/json.ts';
import { nameRule, textRule, type SettingPlace, type SettingRule } from '../lib/setting-rule.ts';
import { isAddressRange } from './connection/address-guard.ts';
import { registryOfHost } from './endpoints.ts';
import { findServerFault } from './hosts/parse-server.ts';

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Returns the host of a URL as references name it. */
function hostIn(text: string): string | null {
  const url = SCHEME.test(text) ? text : `https://${text}`;
  return URL.canParse(url) ? registryOfHost(new URL(url).host) : null;
}

/** Returns why a text names no host and port; null if it may. */
function findHostFault(text: string): string | null {
  const host = hostIn(text);
  const instead = host === null || host === '' || /[*?%]/.test(host) ? '' : ` Write "${host}".`;
  const never = (why: string): string => `"${text}" can never match: ${why}.${instead}`;
  if (SCHEME.test(text)) return never('it takes a host without a scheme');
  if (/[*?]/.test(text)) return never('it takes the name of one host, without wildcards');
  if (text.includes('/')) return never('it takes a host without a path');
  // References keep the capitals of a host that is a single word.
  if (/[A-Z]/.test(text) && /[.:]/.test(text)) return never('hosts are in lower case');
  return host === null || /[\s@#?\\]/.test(text) ? never('it is not a host, or a host and port') : null;
}

function isRegistry(host: string): boolean {
  try {
    return parseReference(`${host}/a/b`).registry === host;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

/** All registries without an entry. */
const OTHERS = '*';

/** Returns why no image reference names this registry. */
function findRegistryFault(name: string): string | null {
  if (name === OTHERS) return null;
  const fault = findHostFault(name);
  if (fault !== null || isRegistry(registryOfHost(name))) return fault;
  return `"${name}" can never match: in references, the first part is a registry only if it has a dot or a port, or is localhost. For Docker Hub, write "${DOCKER_HUB}".`;
}

function findKeyFault(_keyFile: unknown, { parent }: SettingPlace): string | null {
  return isObject(parent) && property(parent, 'certFile') === undefined ? 'it needs certFile.' : null;
}

/** Names the scheme that applies, unless the address is invalid. */
function noteMirror(address: string): string | null {
  return SCHEME.test(address) || findServerFault(address) !== null
    ? null
    : `"${address}" has no scheme, so wasmgate uses https. Write "https://${address}", or http:// for plain HTTP.`;
}

/** Finds what parses as an address and reaches none. */
function findVainMirror(address: string): string | null {
  const scheme = SCHEME.exec(address)?.[0] ?? '';
  if (scheme !== '' && scheme !== 'http://' && scheme !== 'https://')
    return `"${address}" can never be reached: it takes http:// or https://. Write "https://${address.slice(scheme.length)}".`;
  return address.includes('*')
    ? `"${address}" can never be reached: a mirror is one address, without wildcards.`
    : null;
}

function findMirrorFault(address: string): string | null {
  const fault = findServerFault(address);
  return fault === null ? null : `${fault}.`;
}

/** What the schema of section `registry` cannot check. The fatal ones would keep a client from starting. */
export const registryRules: readonly SettingRule[] = [
  textRule('fatal', ['allowAddresses', '*'], (address) =>
    isAddressRange(address) ? null : `"${address}" is neither an address nor a CIDR.`,
  ),
  textRule('fatal', ['mirrors', '*', '*'], findMirrorFault),
  { path: ['tls', '*', 'keyFile'], level: 'fatal', find: findKeyFault },
  textRule('vain', ['plainHttp', '*'], findHostFault),
  nameRule('vain', ['tls'], findHostFault),
  nameRule('vain', ['mirrors'], findRegistryFault),
  textRule('vain', ['mirrors', '*', '*'], findVainMirror),
  textRule('note', ['mirrors', '*', '*'], noteMirror),
];
