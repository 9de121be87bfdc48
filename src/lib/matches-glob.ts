/**
 * Whether `text` matches `pattern`, in which `*` stands for any run of characters, slashes included, and `?` for one: the one
 * grammar of all patterns here. In docker configs it is the part of Go's `filepath.Match` that they use. Their patterns come
 * from Secrets of any namespace, so this never tries more than length × length steps, where a regular expression with many
 * stars would go through every combination.
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
