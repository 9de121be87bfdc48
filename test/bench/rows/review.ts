import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startBenchRegistry } from '../bench-images.ts';
import type { Bench, Row } from '../bench-row.ts';
import { runProgram, type ProgramRun } from '../run-program.ts';
import { judgeRatio, median } from '../statistics.ts';

const LIMITS = { podsPerSecond: 5000 } as const;

const FACTS = new URL('../../../manifests/runtime-classes/', import.meta.url).pathname;
const MANIFESTS = 1000;

/** A Deployment as people write it. */
function deployment(index: number, image: string): object {
  const name = `app-${index}`;
  const labels = { 'app.kubernetes.io/name': name };
  const container = {
    name: 'app',
    image,
    ports: [{ name: 'http', containerPort: 8080 }],
    env: [{ name: 'LOG_LEVEL', value: 'info' }],
    readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: `team-${index % 16}`, labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}

async function runReview(bench: Bench, file: string, expected: number): Promise<ProgramRun> {
  const args = ['review', '-f', file, '--facts', FACTS, '-o', 'json', '--fail-on', 'never'];
  const run = await runProgram(bench, args);
  const { items } = JSON.parse(run.output.toString()) as { items: readonly object[] };
  if (items.length === expected) return run;
  throw new Error(`Cannot call this a review of ${expected} manifests: it has ${items.length} items`);
}

export const review: Row = {
  name: 'review',
  figure: '`wasmgate review`',
  how: 'the command, with 1,000 Deployments of 64 images in one file; a registry in memory; "without the start" subtracts a run with one Deployment',
  run: async (bench) => {
    await using served = await startBenchRegistry();
    const { images } = served;
    const all = Array.from({ length: MANIFESTS }, (_, index) =>
      deployment(index, images[index % images.length]?.reference ?? ''),
    );
    const [few, many] = [all.slice(0, 1), all];
    const files = await Promise.all(
      [few, many].map(async (objects) => {
        const file = join(bench.bundle.folder, `manifests-${objects.length}.yaml`);
        await writeFile(file, objects.map((object) => stringify(object)).join('---\n'));
        return file;
      }),
    );
    const runs: { readonly start: ProgramRun; readonly whole: ProgramRun }[] = [];
    for (let run = 0; run < (bench.isQuick ? 1 : 5); run += 1) {
      runs.push({
        start: await runReview(bench, files[0] ?? '', few.length),
        whole: await runReview(bench, files[1] ?? '', many.length),
      });
    }
    const start = median(runs.map((run) => run.start.seconds));
    const seconds = median(runs.map(({ whole }) => whole.seconds));
    const peakMemory = median(runs.map(({ whole }) => whole.peakMemory));
    const rate = (MANIFESTS - 1) / (seconds - start);
    const whole = MANIFESTS / seconds;
    return {
      kind: 'measured',
      readings: [
        {
          of: '1,000 manifests',
          value: `${rate.toFixed(0)}/s without the start, ${whole.toFixed(0)}/s with it; peak ${peakMemory.toFixed(0)} MiB`,
          goal: `≥ ${LIMITS.podsPerSecond}/s`,
          outcome: judgeRatio(
            rate >= LIMITS.podsPerSecond,
            runs.some((run) => run.start.isBusy || run.whole.isBusy),
          ),
          numbers: {
            perSecond: rate,
            perSecondWithStart: whole,
            startSeconds: start,
            seconds,
            mebibytes: peakMemory,
          },
        },
      ],
    };
  },
};
