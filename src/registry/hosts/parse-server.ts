import { invalidHosts } from './invalid-hosts.ts';

function urlOf(server: string): string {
  return /^https?:\/\//.test(server) ? server : `https://${server}`;
}

/** Why nothing can be asked there; null where it can. */
export function faultOfServer(server: string): string | null {
  const text = urlOf(server);
  if (!URL.canParse(text)) return `"${server}" is no address`;
  const { username, password, search, hash, host } = new URL(text);
  return username + password + search + hash === '' ? null : `the address of ${host} has more than a path`;
}

interface ServerOrigin {
  /** Whether the path is said to be all of it. */
  readonly isWhole: boolean;
  /** Where the address is written. */
  readonly subject: string;
}

/** `/v2` is added unless it stands there, or the path is said to be whole (containerd's `parseHostConfig`). */
export function parseServer(server: string, { isWhole, subject }: ServerOrigin): URL {
  const fault = faultOfServer(server);
  if (fault !== null) throw invalidHosts(subject, fault);
  const url = new URL(urlOf(server));
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = isWhole || path.endsWith('/v2') ? path : `${path}/v2`;
  return url;
}
