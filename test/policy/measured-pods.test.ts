import { describe, expect, test } from 'vitest';
import type { DecidedAssessment } from '../../src/assess/assessment.ts';
import type { Consequence } from '../../src/policy/finding-catalog.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { setUpImages, type ImageStage } from '../support/images/image-stage.ts';
import { MEASURED_IMAGES, putMeasuredImages, type MeasuredImage } from './measured-images.ts';
import {
  CORPUS_PODS,
  MEASURED_CLASSES,
  MEASURED_PODS,
  type MeasuredClass,
  type MeasuredPod,
} from './measured-pods.ts';

const GRAVE: ReadonlySet<Consequence> = new Set(['cannot-start', 'may-not-start']);
const COMPAT_SMART = { 'module.wasm.image/variant': 'compat-smart' };

interface Answer {
  readonly chosen: MeasuredClass;
  readonly isDenied: boolean;
  readonly isCertain: boolean;
  readonly isTold: boolean;
  readonly text: string;
}

function read({ decision, outcome }: DecidedAssessment): Answer {
  const { findings, runtimeClass } = decision;
  return {
    chosen: (runtimeClass.class?.name ?? 'runc') as MeasuredClass,
    isDenied: outcome.denials.length > 0,
    isCertain: findings.some(({ consequence }) => consequence === 'cannot-start'),
    isTold: findings.some(({ consequence }) => GRAVE.has(consequence)),
    text: findings.map(({ id, consequence }) => `${id} (${consequence})`).join(', ') || 'silence',
  };
}

interface Node extends ImageStage {
  readonly referenceOf: (image: string) => string;
}

async function setUp(): Promise<Node> {
  const stage = await setUpImages({ classes: ['wasmtime', 'crun', 'runc'] });
  const { store, host } = stage.registry;
  putFixtureImages(store);
  const measured = putMeasuredImages(store, host);
  const referenceOf = (image: string): string =>
    image in MEASURED_IMAGES ? measured(image as MeasuredImage) : `${host}/${image}:latest`;
  return { ...stage, referenceOf };
}

async function ask(stage: Node, pod: MeasuredPod, runtimeClassName: string | null): Promise<Answer> {
  const withImages = (parts: MeasuredPod['containers']) =>
    parts.map((part) => ({ ...part, image: stage.referenceOf(part.image ?? '') }));
  const assessment = await stage.assess({
    annotations: {
      ...(runtimeClassName === 'crun' && pod.annotations === undefined ? COMPAT_SMART : pod.annotations),
    },
    containers: withImages(pod.containers),
    init: withImages(pod.init ?? []),
    spec: { ...pod.spec, runtimeClassName },
  });
  return read(assessment);
}

/** Returns how the assessment differs from what the node did; null if it agrees. */
function faultOf(pod: MeasuredPod, on: MeasuredClass, answer: Answer): string | null {
  const { isDenied, isCertain, isTold, text } = answer;
  const isSilentOnPurpose = pod.silent?.[on] !== undefined;
  switch (pod.saw[on]) {
    case 'r':
      return isDenied || isCertain ? `${on}: ran, ${text}` : null;
    case 'f':
      return isTold === isSilentOnPurpose ? `${on}: failed, ${text}` : null;
    case '-':
      return null;
  }
}

async function faultsOf(stage: Node, pod: MeasuredPod): Promise<readonly string[]> {
  const named = await Promise.all(
    MEASURED_CLASSES.map(async (on) => faultOf(pod, on, await ask(stage, pod, on))),
  );
  const own = await ask(stage, pod, null);
  const free = faultOf(pod, own.chosen, own);
  const { saw } = pod;
  const runsElsewhere = saw[own.chosen] === 'f' && Object.values(saw).includes('r');
  return [
    ...named.flatMap((fault) => fault ?? []),
    ...(free === null ? [] : [`chosen, ${free}`]),
    ...(runsElsewhere ? [`chosen: ${own.chosen}, though another class runs it; ${own.text}`] : []),
  ].map((fault) => `${pod.name}: ${fault}`);
}

describe('the assessment agrees with what a node did', () => {
  test.each(Object.entries({ ...MEASURED_PODS, 'real images': CORPUS_PODS }))('%s', async (_group, pods) => {
    const stage = await setUp();
    const faults: string[] = [];
    for (const pod of pods) faults.push(...(await faultsOf(stage, pod)));
    expect(faults).toEqual([]);
  });
});
