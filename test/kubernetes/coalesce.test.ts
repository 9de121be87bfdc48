import { expect, test } from 'vitest';
import { coalesce } from '../../src/kubernetes/cluster.ts';

test('coalesce runs at once, and once more for all calls soon after', async () => {
  let runs = 0;
  const run = coalesce(() => (runs += 1), 50);
  run();
  expect(runs).toBe(1);
  for (let calls = 0; calls < 1000; calls += 1) run();
  expect(runs).toBe(1);
  await expect.poll(() => runs).toBe(2);
});

test('coalesce runs at once if the last run is long ago', () => {
  let runs = 0;
  const run = coalesce(() => (runs += 1), 0);
  run();
  run();
  expect(runs).toBe(2);
});
