import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../support/cli/built-program.ts';
import { checkReview, type Send } from './check-review.ts';
import { createDice } from './dice.ts';
import { fuzzReview } from './fuzz-review.ts';
import { runSoak } from './run-soak.ts';
import { startStandIn } from './soak-cluster.ts';
import { memorySlope } from './soak-figures.ts';

/** A short `npm run soak` with a fixed seed. A changed file is read after 5 s at the latest, and once more before it counts. */
const SHORT = { seconds: 32, seed: 20_261_129, restartSeconds: 5, reloadSeconds: 8 } as const;

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-soak-'));
});

afterAll(() => rm(folder, { recursive: true }));

test(
  'fuzzed reviews meet no fault while registry, API server and configuration change',
  { timeout: 240_000 },
  async () => {
    const program = await buildProgram(folder);
    await using cluster = await startStandIn();
    const figures = await runSoak(cluster, { program, ...SHORT });
    expect(figures.faults).toEqual([]);
    expect(figures.changed).toBeGreaterThan(10);
    expect(figures.restarts).toBeGreaterThan(0);
    expect(figures.reloads.failure).toBeGreaterThan(0);
  },
);

describe('the check of a review', () => {
  const review = fuzzReview(createDice(1), () => 'registry.example/app:1');
  const mutate = { ...review, path: '/mutate' } as const;

  function answering(patches: readonly object[], change: object = {}): Send {
    return (_path, body) => {
      const { request } = JSON.parse(body) as { readonly request: { readonly uid: string } };
      const patch = Buffer.from(JSON.stringify(patches)).toString('base64');
      const response = { uid: request.uid, allowed: true, patch, patchType: 'JSONPatch', ...change };
      return Promise.resolve({ status: 200, text: JSON.stringify({ response }) });
    };
  }

  const add = { op: 'add', path: '/x', value: 1 };

  test.each<[string, Send, string]>([
    ['another uid', answering([], { uid: 'x' }), 'uid x for'],
    [
      'a patch that does not apply',
      answering([{ op: 'remove', path: '/no/such' }]),
      'the patch does not apply',
    ],
    ['a second patch', answering([add]), 'a second patch'],
    ['HTTP 500', () => Promise.resolve({ status: 500, text: '' }), 'HTTP 500'],
  ])('fails with %s', async (_case, send, message) => {
    await expect(checkReview(send, mutate)).rejects.toThrow(message);
  });

  test('passes an answer without a patch', async () => {
    expect(await checkReview(answering([]), mutate)).toBe(false);
  });
});

test('the slope of memory leaves out the warm-up', () => {
  const warmUp = [0, 50, 100].map((memory, index) => ({ reviews: index * 1000, memory }));
  const steady = Array.from({ length: 7 }, (_, index) => ({
    reviews: 3000 + index * 1000,
    memory: 100 + index,
  }));
  expect(memorySlope([...warmUp, ...steady])).toBeCloseTo(10);
});
