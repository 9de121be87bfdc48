import { expect, test } from 'vitest';
import { orLate } from '../src/or-late.ts';

const NEVER = new Promise<string>(() => undefined);
const failing = (): never => {
  throw new Error('late');
};

test('work that is done is there, whatever the signal', async () => {
  expect(await orLate(Promise.resolve('done'), AbortSignal.abort(), () => 'late')).toBe('done');
  expect(await orLate(Promise.resolve('done'), new AbortController().signal, failing)).toBe('done');
});

test.each([
  ['has fired', AbortSignal.abort()],
  ['fires', AbortSignal.timeout(1)],
])('work under way is not waited for when the signal %s', async (_case, signal) => {
  expect(await orLate(NEVER, signal, () => 'late')).toBe('late');
  await expect(orLate(NEVER, signal, failing)).rejects.toThrow('late');
});

test('work that fails in time fails whoever waits', async () => {
  const work = Promise.reject(new Error('broken'));
  await expect(orLate(work, new AbortController().signal, () => 'late')).rejects.toThrow('broken');
});

test('work that fails after that is no rejection that nobody hears', async () => {
  const { promise, reject } = Promise.withResolvers<string>();
  const unheard: unknown[] = [];
  const note = (reason: unknown): void => void unheard.push(reason);
  process.on('unhandledRejection', note);
  try {
    expect(await orLate(promise, AbortSignal.abort(), () => 'late')).toBe('late');
    reject(new Error('broken'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(unheard).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});
