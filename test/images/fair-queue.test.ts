import { describe, expect, test } from 'vitest';
import { createFairQueue, type QueueSlot, type FairQueue } from '../../src/images/fair-queue.ts';

const never = new AbortController().signal;
const HOUR = 3_600_000;

/** A queue without preemption. */
function patient(atOnce: number, waiting: number): FairQueue {
  return createFairQueue({ atOnce, waiting, safeMilliseconds: HOUR, longestMilliseconds: HOUR });
}

async function taken(turns: FairQueue, tenant: string): Promise<QueueSlot> {
  const turn = await turns.take(tenant, never);
  if (turn === null) throw new Error('there is a turn');
  return turn;
}

/** Records in which order callers get slots. */
function queueUp(turns: FairQueue, tenants: readonly string[]) {
  const order: string[] = [];
  const got = new Map<string, QueueSlot | null>();
  for (const name of tenants) {
    const wait = async (): Promise<void> => {
      const turn = await turns.take(name.charAt(0), never);
      got.set(name, turn);
      order.push(turn === null ? `${name} refused` : name);
    };
    void wait();
  }
  return { order, got };
}

/** Lets all pending promises settle. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

describe('a free slot', () => {
  test('goes to each caller at once; further callers wait for a release', async () => {
    const turns = patient(2, 5);
    const first = await taken(turns, 'a');
    await taken(turns, 'a');
    const { order } = queueUp(turns, ['a1', 'a2']);
    await settled();
    expect(order).toEqual([]);
    expect(turns.count()).toEqual({ running: 2, waiting: 2 });
    first[Symbol.dispose]();
    await settled();
    expect(order).toEqual(['a1']);
    expect(turns.count()).toEqual({ running: 2, waiting: 1 });
  });

  test('is free once if it is released twice', async () => {
    const turns = patient(1, 5);
    const first = await taken(turns, 'a');
    const { order } = queueUp(turns, ['a1', 'a2']);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await settled();
    expect(order).toEqual(['a1']);
  });

  test('goes to the tenant with fewest slots, not to the first caller', async () => {
    const turns = patient(2, 9);
    const first = await taken(turns, 'a');
    await taken(turns, 'a');
    const { order, got } = queueUp(turns, ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']);
    first[Symbol.dispose]();
    await settled();
    for (const name of ['b1', 'c1', 'b2']) {
      got.get(name)?.[Symbol.dispose]();
      await settled();
    }
    expect(order).toEqual(['b1', 'c1', 'b2', 'a1']);
  });

  test('goes, of tenants with equally many, to the one served longest ago', async () => {
    const turns = patient(1, 9);
    const first = await taken(turns, 'a');
    const { order, got } = queueUp(turns, ['a1', 'a2', 'b1', 'b2', 'c1']);
    first[Symbol.dispose]();
    await settled();
    for (const name of ['b1', 'c1', 'a1', 'b2']) {
      got.get(name)?.[Symbol.dispose]();
      await settled();
    }
    expect(order).toEqual(['b1', 'c1', 'a1', 'b2', 'a2']);
  });
});

describe('a caller gets no slot', () => {
  test('if its signal has fired', async () => {
    const turns = patient(1, 1);
    expect(await turns.take('a', AbortSignal.abort())).toBeNull();
    expect(turns.count()).toEqual({ running: 0, waiting: 0 });
  });

  test('if it gives up, without affecting others', async () => {
    const turns = patient(1, 5);
    const first = await taken(turns, 'a');
    const giveUp = new AbortController();
    const late = turns.take('b', giveUp.signal);
    const { order } = queueUp(turns, ['c1']);
    giveUp.abort();
    // At the same moment: the slot must not go to a caller that has left.
    first[Symbol.dispose]();
    expect(await late).toBeNull();
    await settled();
    expect(order).toEqual(['c1']);
    expect(turns.count()).toEqual({ running: 1, waiting: 0 });
  });

  test('if the queue is full and its tenant has most in it', async () => {
    const turns = patient(1, 3);
    await taken(turns, 'a');
    const { order } = queueUp(turns, ['a1', 'a2', 'a3', 'a4', 'b1', 'b2']);
    await settled();
    expect(order.toSorted()).toEqual(['a3 refused', 'a4 refused', 'b2 refused']);
    expect(turns.count()).toEqual({ running: 1, waiting: 3 });
  });
});

describe('a slot held for long', () => {
  test('is preempted by a tenant with fewer', async () => {
    const turns = createFairQueue({ atOnce: 2, waiting: 5, safeMilliseconds: 0 });
    const oldest = await taken(turns, 'a');
    const other = await taken(turns, 'a');
    const turn = await taken(turns, 'b');
    expect([oldest, other, turn].map(({ signal }) => signal.aborted)).toEqual([true, false, false]);
    oldest[Symbol.dispose]();
    expect(turns.count()).toEqual({ running: 2, waiting: 0 });
  });

  test('is kept from a tenant with as many, and longer from one that then would have as many', async () => {
    const turns = createFairQueue({ atOnce: 2, waiting: 5, safeMilliseconds: 0, longestMilliseconds: HOUR });
    const held = [await taken(turns, 'a'), await taken(turns, 'b')];
    const { order } = queueUp(turns, ['a1', 'b1', 'c1']);
    await settled();
    expect(order).toEqual([]);
    expect(held.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });

  test('is preempted in the end by a tenant without any, but not by one with as many', async () => {
    const turns = createFairQueue({ atOnce: 2, waiting: 5, safeMilliseconds: HOUR, longestMilliseconds: 0 });
    const held = [await taken(turns, 'a'), await taken(turns, 'b')];
    const patience = new AbortController();
    const second = turns.take('b', patience.signal);
    await taken(turns, 'c');
    expect(held.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    patience.abort();
    expect(await second).toBeNull();
  });

  test('is safe for its time', async () => {
    const turns = patient(2, 5);
    const held = [await taken(turns, 'a'), await taken(turns, 'a')];
    const { order } = queueUp(turns, ['b1']);
    await settled();
    expect(order).toEqual([]);
    expect(held.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });
});

test('the caller’s signal fires the slot’s signal', async () => {
  const turns = patient(1, 1);
  const stopping = new AbortController();
  const turn = await turns.take('a', stopping.signal);
  stopping.abort();
  expect(turn?.signal.aborted).toBe(true);
});
