import { writeNumber, writeSample } from './exposition.ts';

/** One series: it is found once, by its labels, and then costs an addition for whatever it counts. */
export interface Instrument {
  readonly write: (name: string, labels: string) => string;
}

export interface Counter extends Instrument {
  readonly add: (amount?: number) => void;
}

export interface Gauge extends Instrument {
  readonly set: (value: number) => void;
}

export interface Histogram extends Instrument {
  readonly observe: (value: number) => void;
}

export function createCounter(): Counter {
  let value = 0;
  return {
    add: (amount = 1) => {
      value += amount;
    },
    write: (name, labels) => writeSample(name, labels, value),
  };
}

export function createGauge(): Gauge {
  let value = 0;
  return {
    set: (next) => {
      value = next;
    },
    write: (name, labels) => writeSample(name, labels, value),
  };
}

/** @param bounds upper ones, rising; the last bucket, without a bound, comes by itself */
export function createHistogram(bounds: readonly number[]): Histogram {
  const counts = new Float64Array(bounds.length + 1);
  let sum = 0;

  function writeBuckets(name: string, labels: string): { readonly text: string; readonly count: number } {
    const before = labels === '' ? '' : `${labels},`;
    let count = 0;
    let text = '';
    for (const [index, found] of counts.entries()) {
      count += found;
      const bound = writeNumber(bounds[index] ?? Infinity);
      text += writeSample(`${name}_bucket`, `${before}le="${bound}"`, count);
    }
    return { text, count };
  }

  return {
    observe: (value) => {
      let index = 0;
      while (index < bounds.length && value > (bounds[index] ?? Infinity)) index += 1;
      counts[index] = (counts[index] ?? 0) + 1;
      sum += value;
    },
    write: (name, labels) => {
      const { text, count } = writeBuckets(name, labels);
      return text + writeSample(`${name}_sum`, labels, sum) + writeSample(`${name}_count`, labels, count);
    },
  };
}
