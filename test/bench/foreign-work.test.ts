import { describe, expect, test } from 'vitest';
import { foreignShare, meterForeignWork, type ProcessorUse } from './foreign-work.ts';
import { parseProcessorSeconds } from './process-figures.ts';

function use(at: number, busy: number, own: Readonly<Record<number, number>>): ProcessorUse {
  return { at, busy, own: new Map(Object.entries(own).map(([pid, seconds]) => [Number(pid), seconds])) };
}

describe('the share of other work', () => {
  test.each<[string, number, ProcessorUse, ProcessorUse, number]>([
    ['what is left without our own', 0.25, use(0, 10, { 1: 5 }), use(4, 13, { 1: 7 }), 0],
    ['with a process that has started meanwhile', 0.25, use(0, 10, {}), use(4, 13, { 2: 2 }), 0],
    ['with one that has ended before', 0.5, use(0, 10, { 1: 5, 2: 9 }), use(4, 13, { 1: 6 }), 0],
    ['with one that has come and gone', 0.25, use(0, 10, {}), use(4, 13, {}), 2],
    ['none, when ticks count less than there was', 0, use(0, 10, { 1: 5 }), use(4, 12, { 1: 8 }), 0],
  ])('%s', (_of, share, before, after, ended) => {
    expect(foreignShare(before, after, ended)).toBe(share);
  });

  test('is unknown if nothing is pinned', () => {
    expect(meterForeignWork({ prefix: [], description: '', processors: null }, 'load')()).toBeNull();
  });
});

describe('the work of a processor', () => {
  const STAT =
    'cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 1 1 1 1 1 1 1 0 0\ncpu1 100 20 30 4000 500 600 700 50 10 0\nintr 1';

  test('leaves out idle time, waiting and interrupts, and counts what the host took', () => {
    expect(parseProcessorSeconds(STAT, 1)).toBe(2);
  });

  test('is unknown for a processor that is not there', () => {
    expect(parseProcessorSeconds(STAT, 2)).toBeNull();
    expect(parseProcessorSeconds('', 0)).toBeNull();
  });
});
