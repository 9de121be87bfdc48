/** Linux PATH_MAX: a longer path names no file, and would only fill memory. */
export const LONGEST_PATH = 4096;

/**
 * Returns an absolute path without `.`, `..`, double or trailing slashes; `..` stays within the root, as in a container.
 * @param base directory to which `path` is relative
 */
export function resolvePath(base: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${base}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Returns the directory of a path; the root's is itself. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

/** Returns every directory above a path, outermost first, without the root: `/a`, `/a/b` for `/a/b/c`. */
export function ancestorsOf(path: string): readonly string[] {
  const found: string[] = [];
  for (let slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
    found.push(path.slice(0, slash));
  }
  return found;
}
