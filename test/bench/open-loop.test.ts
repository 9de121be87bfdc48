import { expect, test } from 'vitest';
import { runOpenLoop } from './open-loop.ts';
import { percentile } from './statistics.ts';

/** A clock that moves on by a millisecond with each turn. */
function createClock() {
  let time = 0;
  return {
    now: () => time,
    soon: (callback: () => void): void => {
      time += 1;
      queueMicrotask(callback);
    },
  };
}

/** A request each millisecond; the server answers at once, except from 100 to 200 ms. */
async function runWithStall(lanes: number): Promise<readonly number[]> {
  const clock = createClock();
  const held: (() => void)[] = [];
  const soon = (callback: () => void): void => {
    clock.soon(callback);
    if (clock.now() >= 200) for (const answer of held.splice(0)) answer();
  };
  return await runOpenLoop({
    perSecond: 1000,
    count: 1000,
    lanes: Array.from({ length: lanes }, (_, lane) => lane),
    ask: (_lane, onAnswer) => {
      if (clock.now() >= 100 && clock.now() < 200) held.push(onAnswer);
      else onAnswer();
    },
    now: clock.now,
    soon,
  });
}

test('requests that could not be sent during a stall count with the whole delay', async () => {
  const latencies = await runWithStall(1);
  expect(latencies).toHaveLength(1000);
  expect(percentile(latencies, 0.5)).toBe(0);
  expect(percentile(latencies, 0.99)).toBe(90);
  expect(Math.max(...latencies)).toBe(100);
});

test('the number of connections does not matter for it', async () => {
  const one = await runWithStall(1);
  const many = await runWithStall(16);
  const sorted = (values: readonly number[]) => values.toSorted((left, right) => left - right);
  expect(sorted(many)).toEqual(sorted(one));
});

test('a failure ends the loop', async () => {
  let asked = 0;
  const loop = runOpenLoop({
    ...createClock(),
    perSecond: 1000,
    count: 1000,
    lanes: ['lane'],
    ask: (_lane, onAnswer, onFail) => {
      asked += 1;
      if (asked < 10) onAnswer();
      else onFail(new Error('closed'));
    },
  });
  await expect(loop).rejects.toThrow('closed');
  expect(asked).toBe(10);
});
