import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPagedCluster } from '../../support/kubernetes/paged-cluster.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { Bench, Reading, Row } from '../bench-row.ts';
import { putManyImages } from '../many-images.ts';
import { runProgram, type ProgramRun } from '../run-program.ts';
import { judgeRatio, median } from '../statistics.ts';

const LIMITS = {
  podsPerSecond: 5000,
  /** Peak memory for three times as many Pods: what remains is the heap's room to grow in. */
  growth: 1.4,
} as const;

const SIZES = { least: 100, many: 10_000, most: 30_000, podsPerDeployment: 10, images: 64 } as const;

async function runAudit(bench: Bench, kubeconfig: string, pods: number): Promise<ProgramRun> {
  const run = await runProgram(bench, ['audit', '-A', '-o', 'json', '--kubeconfig', kubeconfig]);
  const { summary } = JSON.parse(run.output.toString()) as { summary: { pods: { running: number } } };
  if (summary.pods.running === pods) return run;
  throw new Error(`Cannot call this an audit of ${pods} Pods: it found ${JSON.stringify(summary)}`);
}

/** Medians of several runs. */
async function measurePods(bench: Bench, images: readonly string[], pods: number) {
  await using cluster = await startPagedCluster({
    pods,
    podsPerDeployment: SIZES.podsPerDeployment,
    image: images,
    runtimeClass: 'wasmtime',
    keepsPages: true,
  });
  const kubeconfig = join(bench.bundle.folder, `kubeconfig-${pods}`);
  await writeFile(kubeconfig, cluster.kubeconfig);
  const runs: ProgramRun[] = [];
  // The first run makes the pages, which later runs get at once.
  for (let run = 0; run <= (bench.isQuick ? 1 : 2); run += 1)
    runs.push(await runAudit(bench, kubeconfig, pods));
  const counted = runs.slice(1);
  const of = (key: 'seconds' | 'cpuSeconds' | 'peakMemory'): number => median(counted.map((run) => run[key]));
  return {
    seconds: of('seconds'),
    cpuSeconds: of('cpuSeconds'),
    peakMemory: of('peakMemory'),
    isBusy: counted.some(({ isBusy }) => isBusy),
  };
}

type Measured = Awaited<ReturnType<typeof measurePods>>;

function describeRate(least: Measured, many: Measured): Reading {
  const rate = (SIZES.many - SIZES.least) / (many.seconds - least.seconds);
  const whole = SIZES.many / many.seconds;
  const perCore = (SIZES.many - SIZES.least) / (many.cpuSeconds - least.cpuSeconds);
  return {
    of: '10,000 Pods',
    value: `${rate.toFixed(0)} Pods/s without the start (${perCore.toFixed(0)} per CPU second), ${whole.toFixed(0)} with it`,
    goal: `≥ ${LIMITS.podsPerSecond} Pods/s`,
    outcome: judgeRatio(rate >= LIMITS.podsPerSecond, least.isBusy || many.isBusy),
    numbers: {
      podsPerSecond: rate,
      podsPerCpuSecond: perCore,
      podsPerSecondWithStart: whole,
      startSeconds: least.seconds,
      seconds: many.seconds,
    },
  };
}

function describeMemory(many: Measured, most: Measured): Reading {
  const ratio = most.peakMemory / many.peakMemory;
  return {
    of: 'peak memory, 10,000 and 30,000 Pods',
    value: `${many.peakMemory.toFixed(0)} and ${most.peakMemory.toFixed(0)} MiB`,
    goal: `≤ ${LIMITS.growth} ×`,
    outcome: judgeRatio(ratio <= LIMITS.growth, many.isBusy || most.isBusy),
    numbers: { ratio, mebibytes: many.peakMemory, mebibytesOfMost: most.peakMemory },
  };
}

export const audit: Row = {
  name: 'audit',
  figure: '`wasmgate audit`',
  how: 'the command, against a model of the API server that lists Pods of real size in pages, 10 of each Deployment, with 64 Wasm images; "without the start" subtracts a run with 100 Pods',
  run: async (bench) => {
    await using registry = await startRegistry();
    // Wasm and Linux by turns.
    const names = putManyImages(registry.store, 2 * SIZES.images).filter((_name, index) => index % 2 === 0);
    const references = names.map((name) => `${registry.host}/${name}`);
    const [least, many, most] = [
      await measurePods(bench, references, SIZES.least),
      await measurePods(bench, references, SIZES.many),
      await measurePods(bench, references, SIZES.most),
    ];
    return { kind: 'measured', readings: [describeRate(least, many), describeMemory(many, most)] };
  },
};
