import { expect, test } from 'vitest';
import { type Credential, estimateCredentialBytes } from '../../src/credentials/credential.ts';
import { createSingleFlight, createSingleFlightCache } from '../../src/lib/single-flight.ts';

/** A credential program may return 256 KiB for an image that a tenant names. */
test('bounds cached values by bytes', async () => {
  const bytes = 1024 * 1024;
  const limits = { maxEntries: 1_000, maxBytes: bytes, ttlMilliseconds: 60_000 };
  const cache = createSingleFlightCache<readonly Credential[]>(limits, estimateCredentialBytes);
  let runs = 0;
  const get = (index: number) =>
    cache.get(`r-${index}.example`, () => {
      runs += 1;
      const secret = { kind: 'registry-token', token: 'x'.repeat(50_000) } as const;
      return Promise.resolve([{ server: `r-${index}.example`, source: 'plugin', secret }]);
    });
  const count = 100;
  for (let index = 0; index < count; index += 1) await get(index);
  expect(runs).toBe(count);
  for (let index = count - 1; index >= 0; index -= 1) await get(index);
  const kept = 2 * count - runs;
  expect(kept).toBeGreaterThan(2);
  expect(kept * 2 * 50_000).toBeLessThanOrEqual(bytes);
});

test('returns a value larger than the bound, and does not cache it', async () => {
  const limits = { maxEntries: 10, maxBytes: 100, ttlMilliseconds: 60_000 };
  const cache = createSingleFlightCache<string>(limits, ({ length }) => length);
  let runs = 0;
  const get = () => cache.get('key', () => Promise.resolve(`${(runs += 1)}`.padEnd(1_000, 'x')));
  expect((await get()).length).toBe(1_000);
  expect((await get()).length).toBe(1_000);
  expect(runs).toBe(2);
});

test('concurrent requests share one run, and failures are not cached', async () => {
  const limits = { maxEntries: 10, maxBytes: 1_000, ttlMilliseconds: 60_000 };
  const cache = createSingleFlightCache<string>(limits, ({ length }) => length);
  let runs = 0;
  const get = (text: string) =>
    cache.get('key', () => {
      runs += 1;
      return text === '' ? Promise.reject(new Error('failed')) : Promise.resolve(text);
    });
  await expect(Promise.allSettled([get(''), get('')])).resolves.toMatchObject([
    { status: 'rejected' },
    { status: 'rejected' },
  ]);
  expect(runs).toBe(1);
  expect(await Promise.all([get('a'), get('b')])).toEqual(['a', 'a']);
  expect(runs).toBe(2);
});

test.each(['forgotten', 'evicted'])(
  'a value that is %s while it is computed is returned, and not cached',
  async (how) => {
    const limits = { maxEntries: 1, maxBytes: 1_000, ttlMilliseconds: 60_000 };
    const cache = createSingleFlightCache<string | null>(limits, (text) => text?.length ?? 0);
    const old = Promise.withResolvers<string>();
    const first = cache.get('key', () => old.promise);
    if (how === 'forgotten') cache.forget('key');
    else await cache.get('other', () => Promise.resolve(null));
    const next = Promise.withResolvers<null>();
    const second = cache.get('key', () => next.promise);
    old.resolve('old');
    expect(await first).toBe('old');
    next.resolve(null);
    expect(await second).toBeNull();
    expect(await cache.get('key', () => Promise.resolve('newest'))).toBeNull();
  },
);

test('equal work runs once at a time, and again once it has settled', async () => {
  const runOnce = createSingleFlight<number>();
  let runs = 0;
  const run = (key: string) => runOnce(key, () => Promise.resolve((runs += 1)));
  expect(await Promise.all([run('a'), run('a'), run('b')])).toEqual([1, 1, 2]);
  expect(await run('a')).toBe(3);
});

test('a failure reaches every caller, and the next call runs the work again', async () => {
  const runOnce = createSingleFlight<string>();
  const fail = () => runOnce('a', () => Promise.reject(new Error('down')));
  const failures = await Promise.allSettled([fail(), fail()]);
  expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await runOnce('a', () => Promise.resolve('up'))).toBe('up');
});
