import { expect, test } from 'vitest';
import { AppError, describeError, redact } from '../../src/lib/errors.ts';

test.each([
  ['a name and a password', 'GET https://joe:s3cret@r.test/v2/ failed', 'GET https://***@r.test/v2/ failed'],
  ['a token for a name', 'GET https://s3cret@r.test/v2/ failed', 'GET https://***@r.test/v2/ failed'],
  ['a password without a name', 'http://:s3cret@p.test:3128', 'http://***@p.test:3128'],
  ['an "@" in the password', 'http://joe:s3@cret@p.test', 'http://***@p.test'],
  ['a bearer token', 'authorization: Bearer s3cret.s3cret', 'authorization: Bearer ***'],
  ['a token in a query', 'https://r.test/?a=b&token=s3cret&c=d', 'https://r.test/?a=b&token=***&c=d'],
  [
    'a signature in an address inside a parameter',
    'https://r.test/?to=https://s.test/?X-Amz-Signature=ab?cd&e=f',
    'https://r.test/?to=https://s.test/?X-Amz-Signature=***&e=f',
  ],
])('redacts %s', (_case, text, clean) => {
  expect(redact(text)).toBe(clean);
  expect(new AppError('code', text).message).toBe(clean);
  expect(describeError(new Error('it failed', { cause: new Error(text) }))).toBe(`it failed (${clean})`);
});

test.each([
  'ghcr.io/team/app:1@sha256:0123',
  'docker://ghcr.io/team/app@sha256:0123',
  'Cannot reach "https://r.test:5000/v2/"; ask admin@r.test',
])('keeps %s', (text) => {
  expect(redact(text)).toBe(text);
});
