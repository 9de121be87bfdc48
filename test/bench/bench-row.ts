import type { Bundle } from './bundle.ts';
import type { Pinning } from './pinning.ts';

/** What all rows share. */
export interface Bench {
  readonly bundle: Bundle;
  readonly pinning: Pinning;
  /** Fewer rounds: to try the benchmark, not to compare with its goals. */
  readonly isQuick: boolean;
}

/** `unclear`: the machine had other work, so the value says nothing about the goal. */
export type Outcome = 'met' | 'missed' | 'unclear' | 'no goal';

/** One line of the table. */
export interface Reading {
  /** Distinguishes the readings of one row; empty if there is only one. */
  readonly of: string;
  readonly value: string;
  /** Empty without a goal of its own. */
  readonly goal: string;
  readonly outcome: Outcome;
  /** For programs: the values behind the text, each name with its unit. */
  readonly numbers: Readonly<Record<string, number>>;
}

export type RowResult =
  | { readonly kind: 'measured'; readonly readings: readonly Reading[] }
  | { readonly kind: 'skipped'; readonly reason: string };

/** One figure of the benchmark. */
export interface Row {
  /** Its name on the command line. */
  readonly name: string;
  readonly figure: string;
  readonly how: string;
  readonly run: (bench: Bench) => Promise<RowResult>;
}
