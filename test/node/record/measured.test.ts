import { describe, expect, test } from 'vitest';
import { formatMeasured, type Measured, type MeasuredRun, mergeMeasured, RECORDED } from './measured.ts';

const NODE = { containerd: '2.2.9' };
const RAN = { outcome: 'ran', pulled: true } as const;
const FAILED = { outcome: 'failed', pulled: true } as const;

function run(handler: string, more: Partial<MeasuredRun> = {}): MeasuredRun {
  const runtime = { [handler]: '1.0.0' };
  const results = { image: FAILED };
  return {
    handler,
    profile: handler,
    variant: null,
    runtime,
    node: NODE,
    origin: RECORDED,
    results,
    ...more,
  };
}

function measured(...runs: readonly MeasuredRun[]): Measured {
  return { images: { image: { what: 'An image.', command: null } }, runs };
}

describe('a record', () => {
  const anew = run('runc', { runtime: { runc: '1.0.1' }, results: { image: RAN } });

  test('replaces results of an older version', () => {
    expect(mergeMeasured(measured(run('runc')), measured(anew)).runs).toEqual([anew]);
  });

  test.each([
    ['another handler', run('crun')],
    ['another annotation', run('runc', { variant: 'compat-smart' })],
    ['another engine', run('runc', { runtime: { runc: '1.0.0', wasmtime: '36.0.0' } })],
    ['an earlier series', run('runc', { origin: 'an earlier series' })],
  ])('keeps those of %s', (_what, kept) => {
    const { runs } = mergeMeasured(measured(kept), measured(anew));
    expect(runs).toHaveLength(2);
    expect(runs).toEqual(expect.arrayContaining([kept, anew]));
  });

  test('has one order, whatever the order of the runs and results', () => {
    const results = { b: RAN, a: FAILED };
    const there = mergeMeasured(measured(), measured(run('runc'), run('crun', { results })));
    const back = mergeMeasured(
      measured(),
      measured(run('crun', { results: { a: FAILED, b: RAN } }), run('runc')),
    );
    expect(formatMeasured(there)).toBe(formatMeasured(back));
    expect(JSON.parse(formatMeasured(there))).toEqual(there);
  });
});
