import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createYieldingQueue } from '../../src/lib/yielding-queue.ts';

function spend(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test('runs a task at once while there is time in this turn', () => {
  const enqueue = createYieldingQueue(1000);
  const done: number[] = [];
  for (const number of [1, 2, 3]) enqueue(() => done.push(number));
  expect(done).toEqual([1, 2, 3]);
});

test('runs tasks in order, one in each turn if each takes the time of a turn', async () => {
  const enqueue = createYieldingQueue(1);
  const done: number[] = [];
  for (const number of [1, 2, 3])
    enqueue(() => {
      spend(2);
      done.push(number);
    });
  expect(done).toEqual([1]);
  await nextTurn();
  expect(done).toEqual([1, 2]);
  enqueue(() => done.push(4));
  expect(done).toEqual([1, 2]);
  await nextTurn();
  await nextTurn();
  expect(done).toEqual([1, 2, 3, 4]);
});

test('runs a task at once in a later turn', async () => {
  const enqueue = createYieldingQueue(1);
  enqueue(() => spend(2));
  await nextTurn();
  await nextTurn();
  let isDone = false;
  enqueue(() => {
    isDone = true;
  });
  expect(isDone).toBe(true);
});
