import { describe, expect, test } from 'vitest';
import { RegistryError } from '../../src/registry/errors.ts';
import { REGISTRY_LIMITS } from '../../src/registry/limits.ts';
import { parseRetryAfter, retryDelay } from '../../src/registry/retry.ts';

const now = Date.parse('Sat, 21 Nov 2026 12:00:00 GMT');

test.for([
  { name: 'absent', header: '', milliseconds: null },
  { name: 'seconds', header: '3', milliseconds: 3000 },
  { name: 'zero', header: '0', milliseconds: 0 },
  { name: 'white space', header: ' 7 ', milliseconds: 7000 },
  { name: 'a date', header: 'Sat, 21 Nov 2026 12:00:05 GMT', milliseconds: 5000 },
  { name: 'a date in the obsolete format', header: 'Saturday, 21-Nov-26 12:00:05 GMT', milliseconds: 5000 },
  { name: 'a date in the past', header: 'Sat, 21 Nov 2026 11:00:00 GMT', milliseconds: 0 },
  { name: 'negative', header: '-1', milliseconds: null },
  { name: 'a fraction', header: '1.5', milliseconds: null },
  { name: 'an ISO date, which Date.parse would accept', header: '2026-11-21', milliseconds: null },
  { name: 'text', header: 'Soon, perhaps', milliseconds: null },
  { name: 'too many digits', header: '9'.repeat(40), milliseconds: null },
])('Retry-After: $name', ({ header, milliseconds }) => {
  expect(parseRetryAfter(header, now)).toBe(milliseconds);
});

describe('the delay before the next attempt', () => {
  const subject = { registry: 'r.test', repository: 'a', reference: 'r.test/a:latest' };
  const limits = { ...REGISTRY_LIMITS, attempts: 3, retryMs: 100, retryAfterMs: 2000 };
  test.for([
    { name: 'first retry, minimum jitter', attempt: 1, random: 0, after: null, transient: true, wait: 50 },
    { name: 'first retry, maximum jitter', attempt: 1, random: 1, after: null, transient: true, wait: 100 },
    { name: 'second retry', attempt: 2, random: 1, after: null, transient: true, wait: 200 },
    {
      name: 'no retry after the last attempt',
      attempt: 3,
      random: 0,
      after: null,
      transient: true,
      wait: null,
    },
    {
      name: 'no retry of a permanent failure',
      attempt: 1,
      random: 0,
      after: null,
      transient: false,
      wait: null,
    },
    { name: 'Retry-After of the registry', attempt: 1, random: 0, after: 1500, transient: true, wait: 1500 },
    {
      name: 'back-off if Retry-After is shorter',
      attempt: 1,
      random: 0,
      after: 0,
      transient: true,
      wait: 50,
    },
    {
      name: 'no retry if Retry-After exceeds the limit',
      attempt: 1,
      random: 0,
      after: 2001,
      transient: true,
      wait: null,
    },
  ])('$name', ({ attempt, random, after, transient, wait }) => {
    const error = new RegistryError('rate-limited', subject, { state: 'x', transient, retryAfterMs: after });
    expect(retryDelay(error, attempt, { random, limits })).toBe(wait);
  });
});
