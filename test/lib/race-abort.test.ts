import { expect, test } from 'vitest';
import { raceAbort, rejectOnAbort } from '../../src/lib/race-abort.ts';

const NEVER = new Promise<string>(() => undefined);
const failing = (): never => {
  throw new Error('late');
};

test('finished work wins, whatever the signal', async () => {
  expect(await raceAbort(Promise.resolve('done'), AbortSignal.abort(), () => 'late')).toBe('done');
  expect(await raceAbort(Promise.resolve('done'), new AbortController().signal, failing)).toBe('done');
});

test.each([
  ['has fired', AbortSignal.abort()],
  ['fires', AbortSignal.timeout(1)],
])('the wait for unfinished work ends if the signal %s', async (_case, signal) => {
  expect(await raceAbort(NEVER, signal, () => 'late')).toBe('late');
  await expect(raceAbort(NEVER, signal, failing)).rejects.toThrow('late');
});

test('work that fails in time rejects', async () => {
  const work = Promise.reject(new Error('broken'));
  await expect(raceAbort(work, new AbortController().signal, () => 'late')).rejects.toThrow('broken');
});

test('work that fails after the signal causes no unhandled rejection', async () => {
  const { promise, reject } = Promise.withResolvers<string>();
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    expect(await raceAbort(promise, AbortSignal.abort(), () => 'late')).toBe('late');
    reject(new Error('broken'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});

test('rejectOnAbort rejects with the reason of the signal', async () => {
  await expect(rejectOnAbort(NEVER, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  expect(await rejectOnAbort(Promise.resolve('done'), new AbortController().signal)).toBe('done');
});
