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

/** `example.com` is for itself and what is below it, `.example.com` and `*.example.com` only for the latter. */
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
 * Which hosts are reached without the proxy. NO_PROXY has no specification: this is what Go makes of it
 * (golang.org/x/net/http/httpproxy), and so containerd on the nodes. Loopback is always reached directly.
 */
export function parseNoProxy(text: string): (url: URL) => boolean {
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
