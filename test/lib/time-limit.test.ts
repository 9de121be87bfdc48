import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createTimeLimit } from '../../src/lib/time-limit.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('a limit fires when its time is over', async () => {
  using limit = createTimeLimit(5);
  expect(limit.signal.aborted).toBe(false);
  const waiting = setTimeout(() => {}, 60_000);
  await once(limit.signal, 'abort');
  clearTimeout(waiting);
  expect(limit.signal.reason).toMatchObject({ name: 'TimeoutError' });
});

test('a limit that is disposed of ends what follows it, and keeps nothing', async () => {
  const followers: WeakRef<AbortSignal>[] = [];
  const work = (): void => {
    using limit = createTimeLimit(60_000);
    const follower = AbortSignal.any([limit.signal, new AbortController().signal]);
    follower.addEventListener('abort', () => {});
    followers.push(new WeakRef(follower), new WeakRef(limit.signal));
  };
  work();
  // References that were just created live until the turn ends.
  await sleep(1);
  collectGarbage();
  expect(followers.map((follower) => follower.deref())).toEqual([undefined, undefined]);
});
