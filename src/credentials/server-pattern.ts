import { matchesGlob } from '../lib/matches-glob.ts';

/** A parsed Docker config key: the hosts and repositories that its credential is for. */
export interface ServerPattern {
  /** Host and path without scheme, which the kubelet sorts by. */
  readonly key: string;
  readonly host: string;
  /** '' if the key has none. */
  readonly port: string;
  readonly path: string;
  /** True if the host contains a wildcard. */
  readonly isGlob: boolean;
}

const KEY = /^(?:https?:\/\/)?([^/:[\]]+|\[[0-9a-f:]+\])(?::([0-9]+))?(\/.*)?$/i;

/** The limit of host name labels (RFC 1035, 2.3.4). It bounds the comparison with wildcards, which is not linear. */
const LONGEST_LABEL = 63;

function isWildcard(text: string): boolean {
  return text.includes('*') || text.includes('?');
}

function matchesLabel(glob: string, label: string): boolean {
  if (!isWildcard(glob)) return glob === label;
  return label.length <= LONGEST_LABEL && glob.length <= 2 * LONGEST_LABEL + 1 && matchesGlob(glob, label);
}

/**
 * Parses a host, a host with a path, or a URL. A leading API version in the path is dropped, so that
 * `https://index.docker.io/v1/` is a host (kubelet: pkg/credentialprovider/keyring.go, `Add`).
 * Null if the key is none of these: it then matches nothing.
 */
export function parseServerPattern(server: string): ServerPattern | null {
  const match = KEY.exec(server.trim());
  if (match === null) return null;
  const host = (match[1] ?? '').toLowerCase();
  const port = match[2] ?? '';
  const path = (match[3] ?? '').replace(/^\/v[12]\//, '/').replace(/^\/(?:v[12])?$/, '');
  return {
    key: `${host}${port === '' ? '' : `:${port}`}${path}`,
    host,
    port,
    path,
    isGlob: isWildcard(host),
  };
}

/**
 * Matches as the kubelet's `URLsMatch`: label by label, so that `*.example.com` never matches a host with more labels. Ports
 * must be equal, and the path is a prefix of characters, not of segments.
 * @param target a registry, parsed as a pattern
 */
export function matchesServer(pattern: ServerPattern, target: ServerPattern, repository: string): boolean {
  if (pattern.port !== target.port) return false;
  if (!`/${repository}`.startsWith(pattern.path)) return false;
  const labels = target.host.split('.');
  const globs = pattern.host.split('.', labels.length + 1);
  return (
    globs.length === labels.length && globs.every((glob, index) => matchesLabel(glob, labels[index] ?? ''))
  );
}
