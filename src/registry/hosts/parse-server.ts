import { AppError } from '../../lib/errors.ts';
import { registryOfHost } from '../endpoints.ts';

function urlOf(server: string): string {
  return /^https?:\/\//.test(server) ? server : `https://${server}`;
}

/** The host and port as they are written: a URL drops `:443`, but logins and trust can be configured for `m:443`. */
function authorityOf(text: string, { host, port }: URL): string {
  const [, written] = /^https?:\/\/[^/?#\\]*:(80|443)(?=[/?#\\]|$)/.exec(text) ?? [];
  return port === '' && written !== undefined ? `${host}:${written}` : host;
}

/** Why nothing can be asked there; null where it can. */
export function findServerFault(server: string): string | null {
  const text = urlOf(server);
  // A URL parser skips more slashes than two: it would take "/v2" for a host.
  if (/^https?:\/\/[/\\]/.test(text) || !URL.canParse(text)) return `"${server}" is no address`;
  const { username, password, search, hash, host } = new URL(text);
  return username + password + search + hash === '' ? null : `the address of ${host} has more than a path`;
}

interface ServerOrigin {
  /** Whether the path is said to be all of it. */
  readonly isWhole: boolean;
  /** Where the address is written. */
  readonly subject: string;
}

export interface Server {
  readonly base: URL;
  readonly registry: string;
}

/** `/v2` is added unless it stands there, or the path is said to be whole (containerd's `parseHostConfig`). */
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

/** @param subject where it stands, as it is told: a file by its name, or a key of the configuration */
export function invalidHosts(subject: string, state: string): AppError<HostsErrorCode> {
  return new AppError('invalid-hosts', `Cannot use ${subject}: ${state}`, { blame: 'input' });
}
