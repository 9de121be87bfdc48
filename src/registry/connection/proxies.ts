import { AppError } from '../../lib/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the proxy for a URL; null for a direct connection. */
export type ProxyFor = (url: URL) => URL | null;

export type ProxyErrorCode = 'invalid-proxy';

/** Reads a variable in upper case, then in lower case, as Go does. */
function read(env: Environment, name: string): string {
  return env[name] || env[name.toLowerCase()] || '';
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The value may hold a password, so errors do not quote it. */
function parseProxy(env: Environment, name: string): URL | null {
  const text = read(env, name).trim();
  if (text === '') return null;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const invalid = (state: string): AppError<ProxyErrorCode> =>
    new AppError('invalid-proxy', `Cannot use the proxy in ${name}: ${state}`, {
      blame: 'input',
      advice:
        'Write it as http://proxy.internal:3128, with user:password@ before the host if it needs a login.',
    });
  if (!URL.canParse(address)) throw invalid('it is not a URL');
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalid(`${url.protocol}// is not supported, only http:// and https:// are`);
  if (!isDecodable(url.username) || !isDecodable(url.password))
    throw invalid('its login contains a "%" that is not encoded');
  return url;
}

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY as containerd on nodes does: each proxy for its own scheme.
 * @throws AppError `invalid-proxy`
 */
export function readProxies(env: Environment): ProxyFor {
  const secure = parseProxy(env, 'HTTPS_PROXY');
  const plain = parseProxy(env, 'HTTP_PROXY');
  const isDirect = parseNoProxy(read(env, 'NO_PROXY'));
  return (url) => {
    const proxy = url.protocol === 'https:' ? secure : plain;
    return proxy === null || isDirect(url) ? null : proxy;
  };
}

import ipaddr from 'ipaddr.js';

type Matches = (host: string, port: string) => boolean;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function rangeMatcher(range: string): Matches {
  const [network, bits] = ipaddr.parseCIDR(range);
  return (host) => {
    if (!ipaddr.isValid(host)) return false;
    const address = ipaddr.process(host);
    return address.kind() === network.kind() && address.match(network, bits);
  };
}

function addressMatcher(text: string, wantedPort: string): Matches {
  const wanted = ipaddr.process(text).toString();
  return (host, port) =>
    ipaddr.isValid(host) &&
    ipaddr.process(host).toString() === wanted &&
    (wantedPort === '' || wantedPort === port);
}

/** `example.com` matches itself and its subdomains; `.example.com` and `*.example.com` match only subdomains. */
function nameMatcher(text: string, wantedPort: string): Matches {
  const name = text.replace(/^\*(?=\.)/, '');
  const suffix = name.startsWith('.') ? name : `.${name}`;
  return (host, port) =>
    (host.endsWith(suffix) || host === name) && (wantedPort === '' || wantedPort === port);
}

function parseEntry(entry: string): Matches | null {
  if (entry === '*') return () => true;
  if (ipaddr.isValidCIDR(entry)) return rangeMatcher(entry);
  const isBareAddress = ipaddr.isValid(entry);
  const [, named = '', port = ''] = /^(.*):(\d+)$/.exec(isBareAddress ? '' : entry) ?? [];
  const host = withoutBrackets(port === '' ? entry : named);
  if (host === '') return null;
  return ipaddr.isValid(host) && /[.:]/.test(host) ? addressMatcher(host, port) : nameMatcher(host, port);
}

/**
 * Parses NO_PROXY, which has no specification, as Go does (golang.org/x/net/http/httpproxy), and so containerd on nodes.
 * Connections to loopback are always direct.
 */
function parseNoProxy(text: string): (url: URL) => boolean {
  const entries = text
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .flatMap((entry) => parseEntry(entry) ?? []);
  return ({ hostname, port, protocol }) => {
    const host = withoutBrackets(hostname);
    const actualPort = port === '' ? (DEFAULT_PORTS[protocol] ?? '') : port;
    const isLoopback = ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
    return isLoopback || host === 'localhost' || entries.some((matches) => matches(host, actualPort));
  };
}
