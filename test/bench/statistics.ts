import type { Outcome } from './bench-row.ts';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/** Returns the smallest value that is at least as large as this share of all; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** A processor that did other work for more than this share of the time had too little left for the benchmark. */
const BUSY = 0.1;

/** @param foreign shares of time in which processors did other work than the benchmark's; null if unknown */
export function isTooBusy(foreign: readonly (number | null)[]): boolean {
  return foreign.some((share) => share !== null && share > BUSY);
}

/** Judges a ratio of two measurements, which other work of the machine can move in either direction. */
export function judgeRatio(isMet: boolean, isBusy: boolean): Outcome {
  if (isBusy) return 'unclear';
  return isMet ? 'met' : 'missed';
}

/** Judges a cost, which other work of the machine can only raise. */
export function judgeCost(isMet: boolean, isBusy = false): Outcome {
  if (isMet) return 'met';
  return isBusy ? 'unclear' : 'missed';
}

/**
 * Returns the milliseconds from the start at which a request of an open loop is due. Latency counts from then: a client that
 * starts to count when it sends leaves out the time for which a slow server kept it from sending (coordinated omission).
 */
export function dueAt(index: number, perSecond: number): number {
  return (index * 1000) / perSecond;
}
