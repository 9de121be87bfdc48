/**
 * Reports whether `text` matches `pattern`, in which `*` matches any characters, slashes included, and `?` matches one.
 * Docker configs use this part of Go's `filepath.Match`. Their patterns come from Secrets of any namespace, so this takes at
 * most length × length steps; a regular expression with many stars would try every combination.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const wanted = pattern[next];
    if (wanted === '*') {
      star = next++;
      resume = at;
    } else if (wanted === '?' || wanted === text[at]) {
      next++;
      at++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(next));
}
