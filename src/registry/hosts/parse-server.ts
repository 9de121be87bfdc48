import { AppError } from '../../lib/errors.ts';
import { registryOfHost } from '../endpoints.ts';

function urlOf(server: string): string {
  return /^https?:\/\//.test(server) ? server : `https://${server}`;
}

/** Returns host and port as written: a URL drops `:443`, but logins and TLS settings may be configured for `m:443`. */
function authorityOf(text: string, { host, port }: URL): string {
  const [, written] = /^https?:\/\/[^/?#\\]*:(80|443)(?=[/?#\\]|$)/.exec(text) ?? [];
  return port === '' && written !== undefined ? `${host}:${written}` : host;
}

/** Returns why the address is unusable; null if it is usable. */
export function findServerFault(server: string): string | null {
  const text = urlOf(server);
  // A URL parser skips extra slashes: it would take "/v2" for a host.
  if (/^https?:\/\/[/\\]/.test(text) || !URL.canParse(text)) return `"${server}" is not an address`;
  const { username, password, search, hash, host } = new URL(text);
  return username + password + search + hash === '' ? null : `the address of ${host} has more than a path`;
}

interface ServerOrigin {
  /** True if the path is complete, so that `/v2` is not added. */
  readonly isWhole: boolean;
  /** The place of the address, for errors. */
  readonly subject: string;
}

export interface Server {
  readonly base: URL;
  readonly registry: string;
}

/** Adds `/v2` unless it is there, or the path is complete (containerd's `parseHostConfig`). */
export function parseServer(server: string, { isWhole, subject }: ServerOrigin): Server {
  const fault = findServerFault(server);
  if (fault !== null) throw invalidHosts(subject, fault);
  const text = urlOf(server);
  const url = new URL(text);
  let path = url.pathname;
  while (path.endsWith('/')) path = path.slice(0, -1);
  url.pathname = isWhole || path.endsWith('/v2') ? path : `${path}/v2`;
  return { base: url, registry: registryOfHost(authorityOf(text, url)) };
}

export type HostsErrorCode = 'invalid-hosts';

/** @param subject the place of the fault, for people: a named file, or a configuration key */
export function invalidHosts(subject: string, state: string): AppError<HostsErrorCode> {
  return new AppError('invalid-hosts', `Cannot use ${subject}: ${state}`, { blame: 'input' });
}
