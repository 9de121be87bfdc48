import { expect, test } from 'vitest';
import { coalesce } from '../../src/kubernetes/cluster.ts';

test('it runs at once, and once more for all that comes soon after', async () => {
  let runs = 0;
  const run = coalesce(() => (runs += 1), 50);
  run();
  expect(runs).toBe(1);
  for (let calls = 0; calls < 1000; calls += 1) run();
  expect(runs).toBe(1);
  await expect.poll(() => runs).toBe(2);
});

test('it runs at once where it has not run for long', () => {
  let runs = 0;
  const run = coalesce(() => (runs += 1), 0);
  run();
  run();
  expect(runs).toBe(2);
});
