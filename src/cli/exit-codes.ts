/** What a script may rely on. Where several hold, `usage` wins over `failed`, that over `undecided`. */
export const EXIT_CODES = {
  ok: 0,
  /** Something is refused, or could not be done. */
  failed: 1,
  /** The command line or a file is wrong: nothing was tried; of several manifests the others were reviewed. */
  usage: 2,
  /** Not everything could be known, such as an image whose registry did not answer. */
  undecided: 3,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];
