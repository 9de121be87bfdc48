/** What keeps a file, or a document in it, from being read. */
export interface Problem {
  readonly file: string;
  /** Counted from 1, as lines and columns are; null where it is the whole file. */
  readonly document: number | null;
  readonly line: number | null;
  /** Null where it is about more than one place. */
  readonly column: number | null;
  readonly message: string;
}

export const CHART_ADVICE =
  'A chart is reviewed as it is rendered: helm template CHART | wasmgate review -f -';
