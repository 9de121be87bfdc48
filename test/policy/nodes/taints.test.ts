import { describe, expect, test } from 'vitest';
import type { Toleration } from '../../../src/pod/pod.ts';
import { missingTolerations, toleratesTaint } from '../../../src/policy/nodes/taints.ts';

describe('a toleration with a comparison operator', () => {
  const tolerates = (operator: string, value: string, found: string): boolean =>
    toleratesTaint([{ key: 'sla', operator, value }], { key: 'sla', value: found, effect: 'NoSchedule' });

  test.each([
    ['Gt', '950', '999', true],
    ['Gt', '950', '950', false],
    ['Gt', '950', '5', false],
    ['Lt', '5', '-3', true],
    ['Lt', '5', '5', false],
    ['Lt', '-5', '0', false],
    ['Gt', '0', '9223372036854775807', true],
  ])('%s %s tolerates a taint of value %s: %s', (operator, value, found, expected) => {
    expect(tolerates(operator, value, found)).toBe(expected);
  });

  test.each(['', 'high', '007', '+7', '7.5', '-0', '9223372036854775808', '9'.repeat(100_000)])(
    'no taint of value %.20s compares',
    (found) => {
      expect([tolerates('Gt', '-1', found), tolerates('Lt', '99', found)]).toEqual([false, false]);
      expect([tolerates('Gt', found, '5'), tolerates('Lt', found, '5')]).toEqual([false, false]);
    },
  );

  test('counts an unknown operator, as of a newer Kubernetes, as tolerating', () => {
    expect(tolerates('SemverGt', '1.2.3', '1.0.0')).toBe(true);
  });
});

describe('tolerations that a Pod lacks', () => {
  const missing = (own: readonly Toleration[], wanted: readonly Toleration[]) =>
    missingTolerations({ spec: { containers: [], tolerations: own } }, wanted);

  test('returns each once, in order, without those that mean the same to the scheduler', () => {
    const wanted = [{ key: 'a' }, { key: 'b', value: '' }, { key: 'a', operator: 'Equal' }, { key: 'c' }];
    expect(missing([{ key: 'b', effect: '' }], wanted)).toEqual([{ key: 'a' }, { key: 'c' }]);
  });

  test('distinguishes tolerations by effect and time', () => {
    const wanted = [
      { key: 'a', effect: 'NoExecute', tolerationSeconds: 1 },
      { key: 'a', effect: 'NoExecute', tolerationSeconds: 2 },
      { key: 'a', effect: 'NoSchedule' },
    ];
    expect(missing([{ key: 'a', effect: 'NoExecute' }], wanted)).toEqual(wanted);
  });

  test('reads each a few times, however many there are', () => {
    let reads = 0;
    const counted = (index: number): Toleration => ({
      get key() {
        reads += 1;
        return `k${index}`;
      },
    });
    const wanted = Array.from({ length: 8000 }, (_, index) => counted(index));
    expect(missing(wanted.slice(0, 4000), wanted)).toHaveLength(4000);
    expect(reads).toBeLessThan(10 * wanted.length);
  });
});
