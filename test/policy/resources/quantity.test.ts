import { describe, expect, test } from 'vitest';
import {
  formatQuantity,
  parseQuantity,
  roundDown,
  roundUp,
  tryParseQuantity,
} from '../../../src/policy/resources/quantity.ts';
import { fc } from '../../support/lib/properties.ts';

const UNIT = 10n ** 9n;

describe('parses what Kubernetes parses', () => {
  test.each<[string | number, bigint]>([
    ['0', 0n],
    ['1', UNIT],
    ['+1', UNIT],
    ['-1', -UNIT],
    ['1.5', (15n * UNIT) / 10n],
    ['.5', UNIT / 2n],
    ['5.', 5n * UNIT],
    ['007', 7n * UNIT],
    ['100m', UNIT / 10n],
    ['250u', 250_000n],
    ['3n', 3n],
    ['2k', 2000n * UNIT],
    ['1M', 10n ** 6n * UNIT],
    ['1G', 10n ** 9n * UNIT],
    ['1T', 10n ** 12n * UNIT],
    ['1P', 10n ** 15n * UNIT],
    ['1E', 10n ** 18n * UNIT],
    ['1Ki', 1024n * UNIT],
    ['64Mi', 64n * 1024n ** 2n * UNIT],
    ['0.5Gi', 512n * 1024n ** 2n * UNIT],
    ['1Ti', 1024n ** 4n * UNIT],
    ['1Pi', 1024n ** 5n * UNIT],
    ['1Ei', 1024n ** 6n * UNIT],
    ['1e3', 1000n * UNIT],
    ['1E3', 1000n * UNIT],
    ['12e-1', (12n * UNIT) / 10n],
    ['1e+2', 100n * UNIT],
    [0.25, UNIT / 4n],
    [2, 2n * UNIT],
    [1e-7, 100n],
    ['0.3Ki', (3072n * UNIT) / 10n],
  ])('%s', (text, expected) => {
    expect(parseQuantity(text)).toBe(expected);
  });

  test.each([
    ['less than a billionth is rounded away from zero', '0.1n', 1n],
    ['negative values are rounded away from zero, too', '-0.1n', -1n],
    ['a value that is almost zero is rounded up', '1e-999999999', 1n],
    ['more than 2^63-1 is capped', '9Ei', (2n ** 63n - 1n) * UNIT],
    ['an excessive exponent is capped', '1e999999999', (2n ** 63n - 1n) * UNIT],
    ['zero stays zero', '0e999999999', 0n],
  ])('%s', (_name, text, expected) => {
    expect(parseQuantity(text)).toBe(expected);
  });
});

describe('rejects what Kubernetes rejects', () => {
  test.each([
    '',
    ' ',
    '.',
    '+',
    'Mi',
    '1 Mi',
    ' 1',
    '1mi',
    '1KI',
    '1ki',
    '1K',
    '1MiB',
    '1e',
    '1e1.5',
    '1Ki3',
    '0x10',
    '1,5',
    '--1',
    '1.2.3',
    'NaN',
    'Infinity',
    '١',
    '1\n',
  ])('%j', (text) => {
    expect(tryParseQuantity(text)).toBeNull();
    expect(() => parseQuantity(text)).toThrow(expect.objectContaining({ code: 'invalid-quantity' }));
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d', (value) => {
    expect(tryParseQuantity(value)).toBeNull();
  });

  test('rejects a very long number in linear time', () => {
    expect(tryParseQuantity('9'.repeat(1_000_000))).toBeNull();
  });
});

describe('formats canonically', () => {
  test.each([
    ['1024Mi', 'memory', '1Gi'],
    ['96Mi', 'memory', '96Mi'],
    ['1.5Ki', 'memory', '1536'],
    ['1000', 'memory', '1k'],
    ['100m', 'memory', '100m'],
    ['0', 'memory', '0'],
    ['0.2', 'cpu', '200m'],
    ['2000m', 'cpu', '2'],
    ['1500m', 'cpu', '1500m'],
    ['1n', 'cpu', '1n'],
    ['-0.5', 'cpu', '-500m'],
  ] as const)('%s of %s is %s', (text, style, expected) => {
    expect(formatQuantity(parseQuantity(text), style)).toBe(expected);
  });
});

describe('arithmetic', () => {
  const amounts = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n });
  const positive = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });

  test('parses its own output to the same amount', () => {
    fc.assert(
      fc.property(amounts, fc.constantFrom('memory', 'cpu'), (amount, style) => {
        expect(parseQuantity(formatQuantity(amount, style))).toBe(amount);
      }),
    );
  });

  test('amounts keep the order of the numbers', () => {
    const number = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(number, number, (left, right) => {
        expect(parseQuantity(`${left}Mi`) < parseQuantity(right * 1024 * 1024)).toBe(left < right);
      }),
    );
  });

  test('rounds to within one step', () => {
    fc.assert(
      fc.property(positive, fc.bigInt({ min: 1n, max: 10n ** 18n }), (amount, step) => {
        const [down, up] = [roundDown(amount, step), roundUp(amount, step)];
        expect(down % step).toBe(0n);
        expect(up % step).toBe(0n);
        expect(down <= amount && amount <= up && up - down <= step).toBe(true);
      }),
    );
  });
});
