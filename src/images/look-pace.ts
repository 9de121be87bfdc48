const DEFAULTS = {
  /** A layer is looked at again when so much more of it has come: some hundred times, where 4 MiB come in single entries. */
  growth: 1.1,
} as const;

/**
 * Reports for each piece of a layer whether to look at what has come: if entries are new, and enough is. A registry chooses how
 * small the pieces are, and each look goes through all that is wanted.
 */
export function createLookPace(): (bytes: number, entries: number) => boolean {
  let [seen, next, isNew] = [0, 0, false];
  return (bytes, entries) => {
    seen += bytes;
    isNew ||= entries > 0;
    if (!isNew || seen < next) return false;
    next = seen * DEFAULTS.growth;
    isNew = false;
    return true;
  };
}
