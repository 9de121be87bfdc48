import { residentMemory } from '../bench/process-figures.ts';

/** What a soak found. */
export interface SoakFigures {
  /** Answered AdmissionReviews, including those about patched objects. */
  readonly reviews: number;
  /** Objects that were changed. */
  readonly changed: number;
  readonly restarts: number;
  readonly reloads: { readonly success: number; readonly failure: number };
  /** Milliseconds. */
  readonly worst: number;
  readonly p999: number;
  /** The most CPU milliseconds of the main thread between two turns of its event loop. */
  readonly longestFreeze: number;
  /** MiB for each 10,000 reviews after the warm-up. */
  readonly memorySlope: number;
  /** MiB at the end. */
  readonly memory: number;
  readonly faults: readonly string[];
}

interface MemorySample {
  readonly reviews: number;
  readonly memory: number;
}

const DEFAULTS = {
  /** The share of a soak that counts as warm-up: it fills caches and compiles. */
  warmUp: 0.3,
  reviewsOfSlope: 10_000,
} as const;

/** Returns the slope of the best-fitting line. */
export function memorySlope(samples: readonly MemorySample[]): number {
  const counted = samples.slice(Math.floor(samples.length * DEFAULTS.warmUp));
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
  const [x, y] = [mean(counted.map(({ reviews }) => reviews)), mean(counted.map(({ memory }) => memory))];
  const covariance = counted.reduce((sum, one) => sum + (one.reviews - x) * (one.memory - y), 0);
  const variance = counted.reduce((sum, one) => sum + (one.reviews - x) ** 2, 0);
  return variance === 0 ? 0 : (DEFAULTS.reviewsOfSlope * covariance) / variance;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Records latencies and samples of a process's memory. */
export function createSoakMeter(pid: number) {
  const latencies: number[] = [];
  const samples: MemorySample[] = [];
  return {
    answered: (milliseconds: number): void => void latencies.push(milliseconds),
    sampleMemory: (): void => {
      const memory = residentMemory(pid);
      if (memory !== null) samples.push({ reviews: latencies.length, memory });
    },
    read: () => ({
      reviews: latencies.length,
      worst: quantile(latencies, 1),
      p999: quantile(latencies, 0.999),
      memorySlope: memorySlope(samples),
      memory: samples.at(-1)?.memory ?? Number.NaN,
    }),
  };
}

/** For people. */
export function describeSoak(figures: SoakFigures): string {
  const { reviews, changed, restarts, reloads, worst, p999, memory, faults } = figures;
  return [
    `${reviews} reviews, ${changed} objects changed`,
    `${restarts} restarts of the API server, ${reloads.success} configurations taken, ${reloads.failure} rejected`,
    `worst ${worst.toFixed(0)} ms, p99.9 ${p999.toFixed(0)} ms, longest freeze ${figures.longestFreeze.toFixed(0)} ms of CPU`,
    `memory ${memory.toFixed(0)} MiB, ${figures.memorySlope.toFixed(2)} MiB for each 10,000 reviews after the warm-up`,
    `${faults.length} faults`,
    ...faults.slice(0, 5).map((fault) => `  ${fault}`),
  ].join('\n');
}
