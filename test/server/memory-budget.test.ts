import { describe, expect, test } from 'vitest';
import { createMemoryBudget, type MemoryBudget } from '../../src/server/memory-budget.ts';
import { fc } from '../support/lib/properties.ts';

const OPTIONS = { most: 1000, smallBytes: 10 } as const;

/** Takes leases of one size until one is rejected, and returns their number. */
function takeAll(budget: MemoryBudget, owner: string, bytes: number): number {
  let count = 0;
  while (budget.lease(owner).resize(bytes)) count += 1;
  return count;
}

describe('the reserve for small leases', () => {
  test('half of the budget is reserved for small leases', () => {
    const budget = createMemoryBudget(OPTIONS);
    for (const owner of ['a', 'b', 'c', 'd']) takeAll(budget, owner, 50);
    expect(budget.held()).toBe(500);
    expect(budget.lease('e').resize(11)).toBe(false);
    expect(budget.lease('e').resize(10)).toBe(true);
  });

  test('a lease that grows beyond the small size counts as large', () => {
    const budget = createMemoryBudget(OPTIONS);
    const grown = budget.lease('a');
    expect(grown.resize(10)).toBe(true);
    expect(grown.resize(500)).toBe(true);
    expect(budget.lease('b').resize(11)).toBe(false);
    expect(grown.resize(5)).toBe(true);
    expect(budget.lease('b').resize(495)).toBe(true);
  });
});

describe('the share of an owner', () => {
  test('a single owner gets three quarters', () => {
    const budget = createMemoryBudget(OPTIONS);
    expect(takeAll(budget, 'a', 10)).toBe(75);
  });

  test('each share leaves room for another owner', () => {
    const budget = createMemoryBudget(OPTIONS);
    const counts = ['a', 'b', 'c', 'd'].map((owner) => takeAll(budget, owner, 1));
    expect(counts).toEqual([750, 187, 47, 12]);
    expect(budget.held()).toBeLessThan(OPTIONS.most);
  });

  test('an owner can use what others release', () => {
    const budget = createMemoryBudget(OPTIONS);
    const first = budget.lease('a');
    for (let bytes = 10; bytes <= 500; bytes += 10) first.resize(bytes);
    expect(takeAll(budget, 'b', 10)).toBe(37);
    first.release();
    expect(takeAll(budget, 'b', 10)).toBe(75 - 37);
  });
});

describe('a lease', () => {
  test('a rejected resize changes nothing', () => {
    const budget = createMemoryBudget(OPTIONS);
    const lease = budget.lease('a');
    expect(lease.resize(100)).toBe(true);
    expect(lease.resize(2000)).toBe(false);
    expect(budget.held()).toBe(100);
  });

  test('a lease can always shrink, even if the budget is exhausted', () => {
    const budget = createMemoryBudget(OPTIONS);
    const lease = budget.lease('a');
    lease.resize(100);
    takeAll(budget, 'b', 1);
    expect(lease.resize(99)).toBe(true);
  });

  test('a second release has no effect', () => {
    const budget = createMemoryBudget(OPTIONS);
    const [one, other] = [budget.lease('a'), budget.lease('a')];
    one.resize(100);
    other.resize(50);
    one.release();
    one.release();
    expect(budget.held()).toBe(50);
  });
});

test('leases never exceed the budget, and nothing stays reserved after all are released', () => {
  const step = fc.record({
    owner: fc.constantFrom('a', 'b', 'c'),
    lease: fc.nat({ max: 5 }),
    bytes: fc.nat({ max: 1200 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = createMemoryBudget(OPTIONS);
      const leases = new Map<string, ReturnType<MemoryBudget['lease']>>();
      const sizes = new Map<string, number>();
      for (const { owner, lease: index, bytes } of steps) {
        const key = `${owner}${index}`;
        const lease = leases.get(key) ?? budget.lease(owner);
        leases.set(key, lease);
        if (lease.resize(bytes)) sizes.set(key, bytes);
        expect(budget.held()).toBe([...sizes.values()].reduce((sum, size) => sum + size, 0));
        expect(budget.held()).toBeLessThanOrEqual(OPTIONS.most);
      }
      for (const lease of leases.values()) lease.release();
      expect(budget.held()).toBe(0);
    }),
  );
});
