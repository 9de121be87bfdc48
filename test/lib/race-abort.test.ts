import { expect, test } from 'vitest';
import { raceAbort } from '../../src/lib/race-abort.ts';

const NEVER = new Promise<string>(() => undefined);
const failing = (): never => {
  throw new Error('late');
};

test('work that is done is there, whatever the signal', async () => {
  expect(await raceAbort(Promise.resolve('done'), AbortSignal.abort(), () => 'late')).toBe('done');
  expect(await raceAbort(Promise.resolve('done'), new AbortController().signal, failing)).toBe('done');
});

test.each([
  ['has fired', AbortSignal.abort()],
  ['fires', AbortSignal.timeout(1)],
])('work under way is not waited for when the signal %s', async (_case, signal) => {
  expect(await raceAbort(NEVER, signal, () => 'late')).toBe('late');
  await expect(raceAbort(NEVER, signal, failing)).rejects.toThrow('late');
});

test('work that fails in time fails whoever waits', async () => {
  const work = Promise.reject(new Error('broken'));
  await expect(raceAbort(work, new AbortController().signal, () => 'late')).rejects.toThrow('broken');
});

test('work that fails after that is no rejection that nobody hears', async () => {
  const { promise, reject } = Promise.withResolvers<string>();
  const unheard: unknown[] = [];
  const note = (reason: unknown): void => void unheard.push(reason);
  process.on('unhandledRejection', note);
  try {
    expect(await raceAbort(promise, AbortSignal.abort(), () => 'late')).toBe('late');
    reject(new Error('broken'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(unheard).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});
