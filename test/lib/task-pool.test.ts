import { expect, test } from 'vitest';
import { createTaskPool } from '../../src/lib/task-pool.ts';

test('runs as many tasks at once as its limit, and starts the next when one ends', async () => {
  const pool = createTaskPool(2);
  const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
  const started: number[] = [];
  const feeding = (async () => {
    for (const [index, { promise }] of gates.entries())
      await pool.start(() => {
        started.push(index);
        return promise;
      });
    await pool.finish();
  })();
  await new Promise(setImmediate);
  expect(started).toEqual([0, 1]);
  gates[1]?.resolve();
  await new Promise(setImmediate);
  expect(started).toEqual([0, 1, 2]);
  gates[0]?.resolve();
  gates[2]?.resolve();
  await feeding;
});

test('throws what the first failed task threw', async () => {
  const pool = createTaskPool(2);
  await pool.start(() => Promise.reject(new Error('first')));
  await pool.start(() => Promise.resolve());
  await expect(pool.finish()).rejects.toThrow('first');
});

test('stops waiting when the signal fires', async () => {
  const controller = new AbortController();
  const pool = createTaskPool(1, controller.signal);
  await pool.start(() => new Promise(() => {}));
  const waiting = pool.start(() => Promise.resolve());
  controller.abort();
  await expect(waiting).rejects.toBe(controller.signal.reason);
});
