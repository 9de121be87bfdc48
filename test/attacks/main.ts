import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProgram } from '../support/cli/built-program.ts';
import { ATTACKS } from './attacks.ts';
import { describeFigures, missedGoals } from './report.ts';
import { runAttack, type AttackFigures } from './run-attack.ts';

const DEFAULTS = {
  seconds: 15,
  victimsPerSecond: 20,
  /** As in manifests/base. */
  timeoutSeconds: 5,
} as const;

/** `npm run attacks -- [NAME...]`: all attacks, or those named. */
async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !ATTACKS.some((attack) => attack.name === name));
  if (unknown.length > 0) {
    console.error(
      `There is no attack "${unknown.join('", "')}". There are: ${ATTACKS.map(({ name }) => name).join(', ')}`,
    );
    return 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-attacks-'));
  try {
    const program = await buildProgram(folder);
    const figures: AttackFigures[] = [];
    for (const attack of ATTACKS.filter(({ name }) => names.length === 0 || names.includes(name))) {
      console.error(`${attack.name}: ${attack.title} …`);
      figures.push(await runAttack(attack, program, DEFAULTS));
    }
    console.log(describeFigures(figures));
    return figures.every((each) => missedGoals(each).length === 0) ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
