/** Linux PATH_MAX: what is longer names no file, and must not fill our memory. */
export const LONGEST_PATH = 4096;

/**
 * An absolute path without `.`, `..`, double or trailing slashes; `..` stays within the root, as it does for a container.
 * @param base what a relative `path` starts from
 */
export function resolvePath(base: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${base}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** The directory that a path lies in; the root lies in itself. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

/** `/a`, `/a/b` for `/a/b/c`: every directory on the way, outermost first, without the root. */
export function ancestorsOf(path: string): readonly string[] {
  const found: string[] = [];
  for (let slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
    found.push(path.slice(0, slash));
  }
  return found;
}
