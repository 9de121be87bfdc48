import { describe, expect, test } from 'vitest';
import { compareHandlerVersions } from '../../../src/policy/choose/compare-trials.ts';
import { BUILT_IN, handlerTable } from '../../../src/policy/handlers/handler-table.ts';
import { fc } from '../../support/lib/properties.ts';

function compare(left: string, right: string): number {
  return compareHandlerVersions(BUILT_IN.profileOf(left), BUILT_IN.profileOf(right));
}

describe('handlers by version', () => {
  test.each([
    // Names that AKS and runtime-class-manager use.
    [
      [
        'spin-v0-24-0',
        'spin-v0-15-1',
        'spin-v2',
        'spin',
        'spin-v0-8-0',
        'spin-v0-5-1',
        'spin-v0-3-0',
        'spin-v1',
      ],
    ],
    // Compares numbers, not text.
    [['spin-v0.15.10', 'spin-v0.15.9', 'spin-v0.15']],
    [['slight-v0-9-1', 'slight', 'slight-v0-8-0', 'slight-v0-3-0']],
    [['wasmtime-v0-6-0', 'wasmtime-v0-5', 'wasmtime']],
  ])('%j', (sorted) => {
    expect(sorted.toReversed().toSorted(compare)).toEqual(sorted);
  });

  test.each([
    ['wasmtime', 'wasmtime-v1'],
    ['wasmtime-v1', 'wasmtime-v2'],
    ['wasmtime', 'spin'],
    ['slight-v1', 'slight'],
    ['nvidia', 'spin'],
    ['spin', 'spin'],
    ['spin-v0-15', 'spin-v0-15-0'],
  ])('%s ranks equal to %s', (left, right) => {
    expect(compare(left, right)).toBe(0);
    expect(compare(right, left)).toBe(0);
  });

  test("an operator's profile has no release", () => {
    const { profileOf } = handlerTable({ handlers: { 'spin-v1': { like: 'spin' } } });
    expect(profileOf('spin-v1')?.release).toBeNull();
    expect(profileOf('spin-v0-8-0')?.release).toEqual([0, 8, 0]);
  });

  test('sorts every list in the same order', () => {
    const part = fc.constantFrom('spin', 'slight', 'wasmtime', 'crun', 'nvidia');
    const version = fc.oneof(
      fc.constantFrom('', '-v1', '-v2'),
      fc.array(fc.nat(30), { minLength: 2, maxLength: 3 }).map((numbers) => `-v${numbers.join('-')}`),
    );
    const handler = fc.tuple(part, version).map(([name, suffix]) => name + suffix);
    fc.assert(
      fc.property(handler, handler, handler, (a, b, c) => {
        expect(Math.sign(compare(a, b))).toBe(-Math.sign(compare(b, a)) + 0);
        if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).toBeLessThanOrEqual(0);
        if (compare(a, b) === 0) expect(Math.sign(compare(a, c))).toBe(Math.sign(compare(b, c)));
      }),
    );
  });
});
