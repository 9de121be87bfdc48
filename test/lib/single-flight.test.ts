import { expect, test } from 'vitest';
import { type Credential, estimateCredentialBytes } from '../../src/credentials/credential.ts';
import { createSingleFlightCache } from '../../src/lib/single-flight.ts';

/** What a program answers for an image that a tenant names may be 256 KiB long. */
test('answers are bounded by bytes', async () => {
  const bytes = 1024 * 1024;
  const limits = { maxEntries: 1_000, maxBytes: bytes, ttlMilliseconds: 60_000 };
  const answers = createSingleFlightCache<readonly Credential[]>(limits, estimateCredentialBytes);
  let asked = 0;
  const get = (index: number) =>
    answers.get(`r-${index}.example`, () => {
      asked += 1;
      const secret = { kind: 'registry-token', token: 'x'.repeat(50_000) } as const;
      return Promise.resolve([{ server: `r-${index}.example`, source: 'plugin', secret }]);
    });
  const count = 100;
  for (let index = 0; index < count; index += 1) await get(index);
  expect(asked).toBe(count);
  for (let index = count - 1; index >= 0; index -= 1) await get(index);
  const kept = 2 * count - asked;
  expect(kept).toBeGreaterThan(2);
  expect(kept * 2 * 50_000).toBeLessThanOrEqual(bytes);
});

test('an answer that is larger than the bound is given, and not kept', async () => {
  const limits = { maxEntries: 10, maxBytes: 100, ttlMilliseconds: 60_000 };
  const answers = createSingleFlightCache<string>(limits, ({ length }) => length);
  let asked = 0;
  const get = () => answers.get('key', () => Promise.resolve(`${(asked += 1)}`.padEnd(1_000, 'x')));
  expect((await get()).length).toBe(1_000);
  expect((await get()).length).toBe(1_000);
  expect(asked).toBe(2);
});
