import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { parseExposition, readSeries } from '../support/telemetry/exposition.ts';

describe('the text', () => {
  test('of a counter, a gauge and a histogram', async () => {
    const metrics = createMetrics();
    const counter = metrics.counter({ name: 'a_total', help: 'A.', labels: { kind: ['x', 'y'] } });
    counter.of({ kind: 'y' }).inc();
    counter.of({ kind: 'y' }).inc(2);
    metrics.gauge({ name: 'b', help: 'B.' }).of({}).set(-1.5);
    const histogram = metrics.histogram({ name: 'c_seconds', help: 'C.', buckets: [0.1, 1] }).of({});
    for (const value of [0.1, 0.25, 1, 7]) histogram.observe(value);
    const lines = (await metrics.write()).split('\n').filter((line) => line !== '');
    expect(lines).toEqual([
      '# HELP a_total A.',
      '# TYPE a_total counter',
      'a_total{kind="x"} 0',
      'a_total{kind="y"} 3',
      '# HELP b B.',
      '# TYPE b gauge',
      'b -1.5',
      '# HELP c_seconds C.',
      '# TYPE c_seconds histogram',
      'c_seconds_bucket{le="0.1"} 1',
      'c_seconds_bucket{le="1"} 3',
      'c_seconds_bucket{le="+Inf"} 4',
      'c_seconds_sum 8.35',
      'c_seconds_count 4',
    ]);
  });

  test('escapes quotes, backslashes and line breaks', async () => {
    const metrics = createMetrics();
    const value = 'a "quoted"\\path\nand a line';
    metrics.gauge({ name: 'a', help: 'back\\slash\nand a line', labels: { kind: [value] } });
    const text = await metrics.write();
    expect(text.split('\n')).toHaveLength(4);
    expect(parseExposition(text)).toEqual([
      {
        name: 'a',
        help: String.raw`back\\slash\nand a line`,
        type: 'gauge',
        samples: [{ name: 'a', labels: { kind: value }, value: 0 }],
      },
    ]);
  });

  test.each([
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
  ])('writes %d as %s', async (value, written) => {
    const metrics = createMetrics();
    metrics.gauge({ name: 'a', help: 'A.' }).of({}).set(value);
    const text = await metrics.write();
    expect(text).toContain(`\na ${written}\n`);
    expect(readSeries(text)).toEqual({ a: value });
  });
});

describe('series', () => {
  test('of a sparse metric begin with their first event', async () => {
    const metrics = createMetrics();
    const counter = metrics.counter({
      name: 'a_total',
      help: 'A.',
      labels: { one: ['x', 'y'], two: ['x', 'y'] },
      isSparse: true,
    });
    expect(readSeries(await metrics.write())).toEqual({});
    counter.of({ one: 'x', two: 'y' }).inc();
    expect(readSeries(await metrics.write())).toEqual({ 'a_total{one="x",two="y"}': 1 });
  });

  test('are the same object for the same labels', () => {
    const counter = createMetrics().counter({ name: 'a_total', help: 'A.', labels: { kind: ['x'] } });
    expect(counter.of({ kind: 'x' })).toBe(counter.of({ kind: 'x' }));
  });

  test('of values outside the closed set are one, which names none of them', async () => {
    const metrics = createMetrics();
    const labels: Readonly<Record<string, readonly string[]>> = { kind: ['x'] };
    const counter = metrics.counter({ name: 'a_total', help: 'A.', labels });
    for (let number = 0; number < 1000; number += 1) counter.of({ kind: `secret-${number}` }).inc();
    counter.of({}).inc();
    expect(readSeries(await metrics.write())).toEqual({
      'a_total{kind="x"}': 0,
      'a_total{kind="other"}': 1001,
    });
  });

  test.each(['gauge', 'counter'] as const)('of a %s are read on each scrape', async (type) => {
    const metrics = createMetrics();
    let value = 1;
    metrics.reading({
      name: 'a_total',
      help: 'A.',
      type,
      labels: { kind: ['x'] },
      read: () => [[{ kind: 'x' }, value]],
    });
    value = 3;
    expect(readSeries(await metrics.write())).toEqual({ 'a_total{kind="x"}': 3 });
    value = 4;
    expect(readSeries(await metrics.write())).toEqual({ 'a_total{kind="x"}': 4 });
  });

  test('a second metric with the same name is an error', () => {
    const metrics = createMetrics();
    metrics.gauge({ name: 'a', help: 'A.' });
    expect(() => metrics.counter({ name: 'a', help: 'A.' })).toThrow('a has already been registered');
  });
});

const GAUGE = '# HELP a A.\n# TYPE a gauge\n';
const HISTOGRAM = '# HELP a A.\n# TYPE a histogram\n';

test.each([
  ['no end', `${GAUGE}a 1`, 'the last line does not end'],
  ['a sample without a head', 'a 1\n', 'a sample out of place'],
  ['a metric in two places', `${GAUGE}a 1\n${GAUGE}`, 'a metric in two places'],
  ['a series twice', `${GAUGE}a{b="1"} 1\na{b="1"} 2\n`, 'a series twice'],
  ['a quote within a value', `${GAUGE}a{b="1"2"} 1\n`, 'no label'],
  ['a counter without _total', '# HELP a A.\n# TYPE a counter\na 1\n', 'not called _total'],
  ['a number in other words', `${GAUGE}a Infinity\n`, 'no number'],
  [
    'buckets that fall',
    `${HISTOGRAM}a_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n`,
    'fall',
  ],
  ['a histogram without its end', `${HISTOGRAM}a_bucket{le="1"} 1\na_sum 1\na_count 1\n`, 'its whole'],
])('the parser of the tests rejects %s', (_case, text, why) => {
  expect(() => parseExposition(text)).toThrow(why);
});
