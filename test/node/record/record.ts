import { writeFile } from 'node:fs/promises';
import { BUILT_IN } from '../../../src/policy/handlers/handler-table.ts';
import { apply, must } from '../../support/kubernetes/kubectl.ts';
import { namespace, waitForAccount } from '../../support/kubernetes/objects.ts';
import type { RealNode } from '../cluster/real-node.ts';
import { pushStore } from '../images/push-images.ts';
import { judgeRecordedImages } from './measured-cells.ts';
import {
  formatMeasured,
  MEASURED_FILE,
  type MeasuredRun,
  mergeMeasured,
  readMeasured,
  RECORDED,
  type Result,
} from './measured.ts';
import { type RecordedImage, recordedImages } from './recorded-images.ts';
import { describeStart, runImage, type Stage, type Start } from './run-pods.ts';
import { nodeVersions, runtimeVersions } from './runtime-versions.ts';

const NAMESPACE = 'wasmgate-record';

/** Handlers of the node that wasmgate's table of names does not know. crun-plain gets no annotations, so it is like none. */
const PROFILES: Readonly<Record<string, string>> = { 'wasmtime-upstream': 'wasmtime' };

const COMPAT_SMART = 'compat-smart';

/** Returns the values of the variant annotation that a handler is measured with. */
function variantsFor(handler: string): readonly (string | null)[] {
  if (handler === 'crun') return [null, COMPAT_SMART];
  return handler === 'crun-plain' ? [COMPAT_SMART] : [null];
}

async function runsOf(node: RealNode): Promise<readonly Start['run'][]> {
  const versions = await nodeVersions(node.programs);
  const runs = node.handlers.toSorted().map(async (handler) => {
    const profile = BUILT_IN.profileOf(handler)?.name ?? PROFILES[handler] ?? null;
    const runtime = await runtimeVersions(node.programs, handler);
    return variantsFor(handler).map((variant) => ({
      handler,
      profile,
      variant,
      runtime,
      node: versions,
      origin: RECORDED,
    }));
  });
  return (await Promise.all(runs)).flat();
}

/** Returns the name of a class of the record's own, which no nodeSelector narrows. wasmgate prefers names that sort earlier. */
function classOf(handler: string): string {
  return `x-recorded-${handler}`;
}

function runtimeClassOf(handler: string): object {
  return {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: classOf(handler) },
    handler,
  };
}

/** Creates a namespace in which wasmgate is off, and waits until Pods can be created in it. */
async function openStage({ kubectl, registry }: RealNode, signal: AbortSignal): Promise<Stage> {
  await must(kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found']));
  await must(apply(kubectl, [namespace(NAMESPACE, { 'wasmgate.dev/mode': 'off' })]));
  await waitForAccount(kubectl, NAMESPACE);
  return { kubectl, namespace: NAMESPACE, registry, signal };
}

/**
 * Divides the images into those that run at the same time. All that may have a Wasm layer are in one lane: a shim that
 * compiles two layers for the first time at the same time can fail one of them.
 */
async function lanesOf(images: readonly RecordedImage[]): Promise<readonly (readonly RecordedImage[])[]> {
  const judged = new Map((await judgeRecordedImages()).map(({ name, verdict }) => [name, verdict]));
  const hasFiles = ({ name }: RecordedImage): boolean => {
    const verdict = judged.get(name);
    return verdict?.kind === 'container' || (verdict?.kind === 'wasm' && verdict.packaging === 'tar');
  };
  const withFiles = images.filter(hasFiles);
  const half = Math.ceil(withFiles.length / 2);
  return [images.filter((image) => !hasFiles(image)), withFiles.slice(0, half), withFiles.slice(half)];
}

/**
 * Starts every image on every handler of the node, and writes what happened into `measured.json`. Results of handlers that this
 * node lacks stay as they are. Nothing of the record stays on the node, and an interrupted or failed one writes nothing.
 */
export async function record(node: RealNode, signal: AbortSignal): Promise<void> {
  const starts = (await runsOf(node)).map((run): Start => ({ run, runtimeClass: classOf(run.handler) }));
  const images = recordedImages();
  await pushStore(node.registry, (store) => images.forEach((image) => image.put(store)));
  try {
    await must(apply(node.kubectl, node.handlers.map(runtimeClassOf)));
    const stage = await openStage(node, signal);
    const results = await runAll(stage, images, starts);
    const runs = starts.map(({ run }, index): MeasuredRun => ({ ...run, results: results[index] ?? {} }));
    const described = images.map(({ name, what, command }) => [name, { what, command }] as const);
    const merged = mergeMeasured(readMeasured(), { images: Object.fromEntries(described), runs });
    await writeFile(MEASURED_FILE, formatMeasured(merged));
  } finally {
    await node.kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']);
    await node.kubectl(['delete', 'runtimeclass', '--ignore-not-found', ...node.handlers.map(classOf)]);
  }
}

/** Returns the results by image, in the order of `starts`. */
async function runAll(
  opened: Stage,
  images: readonly RecordedImage[],
  starts: readonly Start[],
): Promise<readonly Readonly<Record<string, Result>>[]> {
  // The first failure ends the other lanes, too.
  const failure = new AbortController();
  const stage = { ...opened, signal: AbortSignal.any([opened.signal, failure.signal]) };
  const results = starts.map((): Record<string, Result> => ({}));
  let done = 0;
  const runLane = async (lane: readonly RecordedImage[]): Promise<void> => {
    for (const image of lane) {
      const found = await runImage(stage, image, starts);
      for (const [index, result] of found.entries()) {
        Object.assign(results[index] ?? {}, { [image.name]: result });
      }
      done += 1;
      const outcomes = starts.map(({ run }, index) => `${describeStart({ run })} ${found[index]?.outcome}`);
      console.log(`${done}/${images.length} ${image.name}: ${outcomes.join(', ')}`);
    }
  };
  const lanes = (await lanesOf(images)).map((lane) =>
    runLane(lane).catch((error: unknown) => failure.abort(error)),
  );
  await Promise.all(lanes);
  failure.signal.throwIfAborted();
  return results;
}
