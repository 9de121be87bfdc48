import { isObject, property } from '../lib/json.ts';
import { textRule, type SettingRule } from '../lib/setting-rule.ts';

/** Characters of IPv4 addresses and host names. */
const NAME = /^[a-z0-9][a-z0-9.-]*$/i;
/** Characters of IPv6 addresses, with a zone. */
const COLONS = /^[0-9a-f:.]*(?:%[0-9a-z]+)?$/i;

function isHost(text: string): boolean {
  // One colon stands before a port.
  return NAME.test(text) || (COLONS.test(text) && text.split(':').length > 2);
}

function findHostFault(host: string): string | null {
  if (isHost(host)) return null;
  const [, inBrackets] = /^\[([0-9a-f:.]+)\]$/i.exec(host) ?? [];
  const instead =
    inBrackets === undefined ? 'Write an address such as "0.0.0.0" or "::"' : `Write "${inBrackets}"`;
  return `wasmgate cannot listen on "${host}": it takes an address without a scheme, port or brackets. ${instead}.`;
}

/** Addresses of all interfaces. */
const ANY: ReadonlySet<unknown> = new Set(['0.0.0.0', '::']);

/** Reports whether both servers would listen on the same port of the same address. */
function findPortFault(section: unknown): string | null {
  if (!isObject(section)) return null;
  const [host, port, metricsPort] = ['host', 'port', 'metricsPort'].map((key) => property(section, key));
  const metricsHost = property(section, 'metricsHost') ?? host;
  const isSameHost = host === metricsHost || ANY.has(host) || ANY.has(metricsHost);
  return typeof port === 'number' && port === metricsPort && port !== 0 && isSameHost
    ? `port and metricsPort are both ${port}, and only one server can listen there. Choose another metricsPort.`
    : null;
}

/** What the schema of section `server` cannot check. Flags of `serve` may override these values. */
export const serverRules: readonly SettingRule[] = [
  textRule('vain', ['host'], findHostFault),
  textRule('vain', ['metricsHost'], findHostFault),
  { path: [], level: 'vain', find: findPortFault },
];
