import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { startProgram, type MeasuredProgram } from '../attacks/program.ts';
import { everyMilliseconds } from '../attacks/schedule.ts';
import { loadFixtureImages, putFixtureImages } from '../support/image/fixture-images.ts';
import { startRegistry, type TestRegistry } from '../support/registry/registry.ts';
import { checkReview, ReviewFault, type Send } from './check-review.ts';
import { createDice, type Dice } from './dice.ts';
import { failAtRandom } from './failing-registry.ts';
import { fuzzReview } from './fuzz-review.ts';
import type { SoakCluster } from './soak-cluster.ts';
import { createSoakMeter, type SoakFigures } from './soak-figures.ts';

export interface SoakOptions {
  /** The built main.js. */
  readonly program: string;
  readonly seconds: number;
  readonly seed: number;
  readonly restartSeconds: number;
  readonly reloadSeconds: number;
}

const DEFAULTS = {
  /** Concurrent requests; a third of them wait for a hanging registry. */
  workers: 96,
  /** `timeoutSeconds`: short, because one lookup in three hangs at some time. */
  timeout: '2s',
  /** Generous, because a busy machine is not a fault. */
  patienceMilliseconds: 30_000,
  sampleMilliseconds: 1000,
  /** Tags of images that recur. */
  tags: 20,
} as const;

/** Alternately: a changed policy, and two kinds of invalid files. */
function configurations(registries: readonly TestRegistry[]): readonly string[] {
  const plainHttp = registries.map(({ host }) => host);
  const frame = {
    apiVersion: 'wasmgate.dev/v1alpha1',
    kind: 'Configuration',
    registry: { plainHttp, allowAddresses: ['127.0.0.1'] },
  };
  return [
    JSON.stringify(frame),
    JSON.stringify({ ...frame, policy: { mod: 'warn' } }),
    JSON.stringify({ ...frame, policy: { mode: 'warn' } }),
    '{ not: [yaml',
  ];
}

function createImages(registries: readonly TestRegistry[], dice: Dice): (isNew: boolean) => string {
  const names = loadFixtureImages().map(({ name }) => name);
  let count = 0;
  return (isNew) => {
    const name = dice.pick(names) ?? '';
    const registry = dice.pick(registries);
    if (registry === undefined) throw new Error('Cannot name an image: there is no registry');
    const latest = registry.store.manifest(`corpus/${name}`, 'latest');
    const tag = isNew ? `new-${(count += 1)}` : `tag-${dice.roll(DEFAULTS.tags)}`;
    if (latest !== undefined) registry.store.putManifest(`corpus/${name}`, tag, latest);
    return `${registry.host}/corpus/${name}:${tag}`;
  };
}

async function readReloads({ metricsPort }: MeasuredProgram): Promise<SoakFigures['reloads']> {
  const url = `http://127.0.0.1:${metricsPort}/metrics`;
  const text = await (
    await fetch(url, { signal: AbortSignal.timeout(DEFAULTS.patienceMilliseconds) })
  ).text();
  const count = (result: string): number =>
    Number(
      new RegExp(`^wasmgate_config_reloads_total\\{result="${result}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0,
    );
  return { success: count('success'), failure: count('failure') };
}

/** Sends fuzzed reviews while the registry fails, the API server restarts and the configuration changes. */
export async function runSoak(cluster: SoakCluster, options: SoakOptions): Promise<SoakFigures> {
  const { seed } = options;
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-soak-'));
  resources.defer(() => rm(folder, { recursive: true }));
  const faults = failAtRandom(createDice(seed + 1));
  const images = putFixtureImages;
  const failing = resources.use(await startRegistry({ images, faults }));
  // After a 429 an account is paused for up to a minute; the other half of the images stay cached.
  const sound = resources.use(await startRegistry({ images }));
  const registries = [failing, sound];
  const files = configurations(registries);
  const configuration = join(folder, 'configuration.yaml');
  await writeFile(configuration, files[0] ?? '');
  const program = resources.use(
    await startProgram({ program: options.program, configuration, ...cluster.start }),
  );
  const agent = resources.adopt(new Agent({ connect: { rejectUnauthorized: false } }), (one) =>
    one.destroy(),
  );
  const meter = createSoakMeter(program.pid);
  const send: Send = async (path, body) => {
    const started = performance.now();
    const answer = await request(`https://127.0.0.1:${program.port}${path}?timeout=${DEFAULTS.timeout}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      dispatcher: agent,
      signal: AbortSignal.timeout(DEFAULTS.patienceMilliseconds),
    });
    const text = await answer.body.text();
    meter.answered(performance.now() - started);
    return { status: answer.statusCode, text };
  };

  const end = AbortSignal.timeout(options.seconds * 1000);
  const found: string[] = [];
  let changed = 0;
  let restarts = 0;
  const work = async (worker: number): Promise<void> => {
    const dice = createDice(seed + 1000 * (worker + 1));
    const image = createImages(registries, dice);
    while (!end.aborted && !program.hasExited()) {
      const fuzzed = fuzzReview(dice, image);
      try {
        if (await checkReview(send, fuzzed)) changed += 1;
      } catch (error) {
        const what = error instanceof ReviewFault ? error.message : `no answer: ${String(error)}`;
        const logged =
          program
            .output()
            .split('\n')
            .findLast((line) => line.includes(fuzzed.uid)) ?? '';
        found.push([`${fuzzed.path} ${what}`, logged, JSON.stringify(fuzzed.review)].join('\n    '));
      }
    }
  };
  let restarting = Promise.resolve();
  const helpers = [
    everyMilliseconds(DEFAULTS.sampleMilliseconds, end, meter.sampleMemory),
    everyMilliseconds(options.reloadSeconds * 1000, end, (turn) => {
      void writeFile(configuration, files[turn % files.length] ?? '');
    }),
    everyMilliseconds(options.restartSeconds * 1000, end, (turn) => {
      if (turn === 0) return;
      restarts += 1;
      restarting = restarting.then(cluster.restart);
    }),
  ];
  await Promise.all(Array.from({ length: DEFAULTS.workers }, (_, worker) => work(worker)));
  await Promise.all(helpers);
  await restarting;
  if (program.hasExited()) found.push(`the program has ended: ${program.output()}`);
  const reloads = await readReloads(program).catch(() => ({ success: 0, failure: 0 }));
  const { longestFreeze } = program.hasExited() ? { longestFreeze: Number.NaN } : await program.figures();
  return { ...meter.read(), longestFreeze, changed, restarts, reloads, faults: found };
}
