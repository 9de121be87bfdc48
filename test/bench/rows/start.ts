import { setTimeout as sleep } from 'node:timers/promises';
import { startBenchRegistry } from '../bench-images.ts';
import type { Bench, Reading, Row } from '../bench-row.ts';
import { meterForeignWork } from '../foreign-work.ts';
import { residentMemory } from '../process-figures.ts';
import { startServer, type ServerCommand } from '../server-process.ts';
import { setUpStage } from '../stage.ts';
import { isTooBusy, judgeCost, median } from '../statistics.ts';

const LIMITS = { mebibytes: 90, readyMilliseconds: 500 } as const;

const DEFAULTS = {
  starts: { full: 5, quick: 2 },
  /** Milliseconds between readiness and the memory reading, so that late starters such as watches are included. */
  settleMilliseconds: 1500,
} as const;

/** Medians of several starts. */
async function measureStarts(bench: Bench, of: string, command: ServerCommand): Promise<Reading> {
  const ready: number[] = [];
  const memory: number[] = [];
  const foreign: (number | null)[] = [];
  for (let start = 0; start < DEFAULTS.starts[bench.isQuick ? 'quick' : 'full']; start += 1) {
    const meter = meterForeignWork(bench.pinning, 'servers');
    await using server = await startServer(command, bench);
    foreign.push(meter());
    ready.push(server.readyMilliseconds);
    await sleep(DEFAULTS.settleMilliseconds);
    const resident = residentMemory(server.pid);
    if (resident !== null) memory.push(resident);
  }
  const [readyMilliseconds, mebibytes] = [median(ready), median(memory)];
  const isReadyInTime = judgeCost(readyMilliseconds <= LIMITS.readyMilliseconds, isTooBusy(foreign));
  return {
    of,
    value: `${mebibytes.toFixed(0)} MiB, ${readyMilliseconds.toFixed(0)} ms`,
    goal: `≤ ${LIMITS.mebibytes} MiB, ≤ ${LIMITS.readyMilliseconds} ms`,
    outcome: mebibytes <= LIMITS.mebibytes ? isReadyInTime : 'missed',
    numbers: { mebibytes, readyMilliseconds },
  };
}

export const start: Row = {
  name: 'start',
  figure: 'Idle memory, start to ready',
  how: 'resident memory 1.5 s after readiness; from spawning the process to the first 200 of /readyz; medians',
  run: async (bench) => {
    await using served = await startBenchRegistry();
    const { registry } = served;
    await using stage = await setUpStage(bench, { registry });
    return {
      kind: 'measured',
      readings: [
        await measureStarts(bench, 'in a cluster', stage.inCluster),
        await measureStarts(bench, 'with a kubeconfig', stage.withKubeconfig),
      ],
    };
  },
};
