import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildProgram } from '../support/cli/built-program.ts';
import { runSoak } from './run-soak.ts';
import { startReal, startStandIn } from './soak-cluster.ts';
import { describeSoak } from './soak-figures.ts';

const DEFAULTS = { restartSeconds: 120, reloadSeconds: 12 } as const;

/** `npm run soak -- --minutes N [--seed N]`. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now()) },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-soak-'));
  try {
    const program = await buildProgram(folder);
    await using cluster = (await startReal()) ?? (await startStandIn());
    console.error(`${values.minutes} minutes on ${cluster.description}, seed ${values.seed} …`);
    const [seconds, seed] = [60 * Number(values.minutes), Number(values.seed)];
    const figures = await runSoak(cluster, { program, seconds, seed, ...DEFAULTS });
    console.log(describeSoak(figures));
    return figures.faults.length === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

process.exitCode = await main();
