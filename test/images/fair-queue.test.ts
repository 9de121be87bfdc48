import { describe, expect, test } from 'vitest';
import { createFairQueue, type QueueSlot, type FairQueue } from '../../src/images/fair-queue.ts';

const never = new AbortController().signal;
const HOUR = 3_600_000;

/** Turns in which nobody is in a hurry. */
function patient(atOnce: number, waiting: number): FairQueue {
  return createFairQueue({ atOnce, waiting, safeMilliseconds: HOUR, longestMilliseconds: HOUR });
}

async function taken(turns: FairQueue, tenant: string): Promise<QueueSlot> {
  const turn = await turns.take(tenant, never);
  if (turn === null) throw new Error('there is a turn');
  return turn;
}

/** Writes down in which order those who wait get their turns. */
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

/** Everything that follows without anybody's doing. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

describe('who gets a free turn', () => {
  test('as many as there are, at once; the rest when one is given back', async () => {
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

  test('given back twice it is free once', async () => {
    const turns = patient(1, 5);
    const first = await taken(turns, 'a');
    const { order } = queueUp(turns, ['a1', 'a2']);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await settled();
    expect(order).toEqual(['a1']);
  });

  test('whoever has least under way goes before those who came first', async () => {
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

  test('of those who have as much, whoever had none goes before those who had one and came first', async () => {
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

describe('who gets none', () => {
  test('who asks when time is up', async () => {
    const turns = patient(1, 1);
    expect(await turns.take('a', AbortSignal.abort())).toBeNull();
    expect(turns.count()).toEqual({ running: 0, waiting: 0 });
  });

  test('who gives up while waiting, and takes nobody else with him', async () => {
    const turns = patient(1, 5);
    const first = await taken(turns, 'a');
    const giveUp = new AbortController();
    const late = turns.take('b', giveUp.signal);
    const { order } = queueUp(turns, ['c1']);
    giveUp.abort();
    // In the same moment: the turn must not be lost to one who has gone.
    first[Symbol.dispose]();
    expect(await late).toBeNull();
    await settled();
    expect(order).toEqual(['c1']);
    expect(turns.count()).toEqual({ running: 1, waiting: 0 });
  });

  test('the last of whoever has most in a full line, where another one comes', async () => {
    const turns = patient(1, 3);
    await taken(turns, 'a');
    const { order } = queueUp(turns, ['a1', 'a2', 'a3', 'a4', 'b1', 'b2']);
    await settled();
    expect(order.toSorted()).toEqual(['a3 refused', 'a4 refused', 'b2 refused']);
    expect(turns.count()).toEqual({ running: 1, waiting: 3 });
  });
});

describe('a turn that takes long', () => {
  test('is lost to one who has less', async () => {
    const turns = createFairQueue({ atOnce: 2, waiting: 5, safeMilliseconds: 0 });
    const oldest = await taken(turns, 'a');
    const other = await taken(turns, 'a');
    const turn = await taken(turns, 'b');
    expect([oldest, other, turn].map(({ signal }) => signal.aborted)).toEqual([true, false, false]);
    oldest[Symbol.dispose]();
    expect(turns.count()).toEqual({ running: 2, waiting: 0 });
  });

  test('is kept against one who has as much, and for longer against one who then would', async () => {
    const turns = createFairQueue({ atOnce: 2, waiting: 5, safeMilliseconds: 0, longestMilliseconds: HOUR });
    const held = [await taken(turns, 'a'), await taken(turns, 'b')];
    const { order } = queueUp(turns, ['a1', 'b1', 'c1']);
    await settled();
    expect(order).toEqual([]);
    expect(held.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });

  test('is lost in the end to one who has none, and to nobody who has as much', async () => {
    const turns = createFairQueue({ atOnce: 2, waiting: 5, safeMilliseconds: HOUR, longestMilliseconds: 0 });
    const held = [await taken(turns, 'a'), await taken(turns, 'b')];
    const patience = new AbortController();
    const second = turns.take('b', patience.signal);
    await taken(turns, 'c');
    expect(held.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    patience.abort();
    expect(await second).toBeNull();
  });

  test('is kept for its time', async () => {
    const turns = patient(2, 5);
    const held = [await taken(turns, 'a'), await taken(turns, 'a')];
    const { order } = queueUp(turns, ['b1']);
    await settled();
    expect(order).toEqual([]);
    expect(held.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });
});

test('the signal that a turn was taken with ends what is done in it', async () => {
  const turns = patient(1, 1);
  const stopping = new AbortController();
  const turn = await turns.take('a', stopping.signal);
  stopping.abort();
  expect(turn?.signal.aborted).toBe(true);
});
