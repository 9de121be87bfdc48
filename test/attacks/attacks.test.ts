import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../support/cli/built-program.ts';
import { ATTACKS } from './attacks.ts';
import { GOALS, missedGoals } from './report.ts';
import { runAttack } from './run-attack.ts';

/** A short `npm run attacks`, with the longest timeout that Kubernetes allows, because a busy machine is not a missed goal. */
const SHORT = { seconds: 2, victimsPerSecond: 20, timeoutSeconds: 30 } as const;
const PATIENCE_MILLISECONDS = 240_000;

/** A freeze is measured in CPU time, which other work on the machine still lengthens. */
const FREEZE_MILLISECONDS = 8 * GOALS.freezeMilliseconds;

let folder = '';
let program = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-attacks-'));
  program = await buildProgram(folder);
});

afterAll(() => rm(folder, { recursive: true }));

describe('other namespaces during an attack from one', { timeout: PATIENCE_MILLISECONDS }, () => {
  test.each(ATTACKS)('$title ($name)', async (attack) => {
    const figures = await runAttack(attack, program, SHORT);
    const longestFreeze = figures.longestFreeze > FREEZE_MILLISECONDS ? figures.longestFreeze : 0;
    const missed = missedGoals({ ...figures, longestFreeze });
    expect([...missed, ...(missed.length === 0 ? [] : figures.failures)]).toEqual([]);
    expect(figures.asked).toBeGreaterThan(0);
  });
});

describe('goals', () => {
  const met = { asked: 100, judged: 99, longestFreeze: 250, peakMemory: 199 };

  test('are met at the bounds', () => {
    expect(missedGoals(met)).toEqual([]);
  });

  test.each([
    [{ judged: 98 }, 'judged 98 of 100'],
    [{ longestFreeze: 251 }, 'froze for 251 ms'],
    [{ peakMemory: 200 }, 'took 200 MiB'],
  ])('are missed with %o', (change, missed) => {
    expect(missedGoals({ ...met, ...change })).toEqual([missed]);
  });
});
