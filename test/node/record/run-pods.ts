import { setTimeout as sleep } from 'node:timers/promises';
import { VARIANT_ANNOTATION } from '../../../src/pod/names.ts';
import { apply, getJson, type Kubectl } from '../../support/kubernetes/kubectl.ts';
import { describeResult, hasSettled, type PodStatus, whyUnfinished } from './describe-result.ts';
import type { MeasuredRun, Result } from './measured.ts';
import type { RecordedImage } from './recorded-images.ts';

const RUN_LABEL = 'wasmgate.dev/recorded-image';

const POLL_MILLISECONDS = 500;
/** A Pod starts within seconds; a busy machine reports it late. */
const MAX_WAIT_MILLISECONDS = 90_000;
/** The kubelet may report the end of a container before its log is there. One that failed may have printed nothing. */
const LOG_TRIES = { ended: 4, failed: 2 } as const;

export interface Start {
  readonly run: Omit<MeasuredRun, 'results'>;
  readonly runtimeClass: string;
}

export function describeStart({ run: { handler, variant } }: Pick<Start, 'run'>): string {
  return variant === null ? handler : `${handler} with ${variant}`;
}

interface Listed {
  readonly items: readonly { readonly metadata: { readonly name: string }; readonly status: PodStatus }[];
}

export interface Stage {
  readonly kubectl: Kubectl;
  readonly namespace: string;
  /** `HOST:PORT` */
  readonly registry: string;
  /** Ends the record. */
  readonly signal: AbortSignal;
}

function podOf({ namespace, registry }: Stage, image: RecordedImage, { start, name }: Named): object {
  const { variant } = start.run;
  const annotations = variant === null ? {} : { [VARIANT_ANNOTATION]: variant };
  const command = image.command === null ? {} : { command: image.command };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { [RUN_LABEL]: image.name }, annotations },
    spec: {
      runtimeClassName: start.runtimeClass,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      containers: [{ name: 'app', image: `${registry}/${image.reference}`, ...command }],
    },
  };
}

interface Named {
  readonly start: Start;
  /** Of the Pod. */
  readonly name: string;
}

async function waitForAll(
  { kubectl, namespace, signal }: Stage,
  image: RecordedImage,
): Promise<Listed['items']> {
  const selector = `${RUN_LABEL}=${image.name}`;
  const deadline = performance.now() + MAX_WAIT_MILLISECONDS;
  for (;;) {
    signal.throwIfAborted();
    const { items } = await getJson<Listed>(kubectl, ['pods', '-n', namespace, '-l', selector]);
    const isDone = items.length > 0 && items.every(({ status }) => hasSettled(status));
    if (isDone || performance.now() > deadline) return items;
    await sleep(POLL_MILLISECONDS);
  }
}

async function readLog({ kubectl, namespace }: Stage, name: string, status: PodStatus): Promise<string> {
  const state = status.containerStatuses?.[0]?.state;
  if (state?.waiting !== undefined || state === undefined || state.terminated?.reason === 'StartError')
    return '';
  const most = state.terminated?.exitCode === 0 ? LOG_TRIES.ended : LOG_TRIES.failed;
  for (let tries = 1; ; tries += 1) {
    const { code, stdout } = await kubectl(['logs', '-n', namespace, name]);
    if (tries === most || (code === 0 && stdout !== '')) return code === 0 ? stdout : '';
    await sleep(POLL_MILLISECONDS);
  }
}

async function readWarning({ kubectl, namespace }: Stage, name: string): Promise<string> {
  const selector = `involvedObject.name=${name},type=Warning`;
  const { items } = await getJson<{ readonly items: readonly { readonly message?: string }[] }>(kubectl, [
    'events',
    '-n',
    namespace,
    `--field-selector=${selector}`,
  ]);
  return items.at(-1)?.message ?? '';
}

/**
 * Starts one image on every handler at the same time. Returns the results in the order of `starts`.
 * @throws Error if a Pod has no result in time
 */
export async function runImage(
  stage: Stage,
  image: RecordedImage,
  starts: readonly Start[],
): Promise<readonly Result[]> {
  const { kubectl, namespace } = stage;
  const named = starts.map((start, index): Named => ({ start, name: `${image.name}-${index}` }));
  const { code, stderr } = await apply(
    kubectl,
    named.map((one) => podOf(stage, image, one)),
  );
  if (code !== 0) throw new Error(`Cannot start image "${image.name}": ${stderr}`);
  const pods = await waitForAll(stage, image);
  const described = named.map(async ({ name, start }): Promise<Result> => {
    const status = pods.find(({ metadata }) => metadata.name === name)?.status ?? {};
    const log = await readLog(stage, name, status);
    const warning = hasSettled(status) ? '' : await readWarning(stage, name);
    const reason = whyUnfinished(status, log, warning);
    if (reason !== null) throw new Error(`Cannot measure Pod "${name}" (${describeStart(start)}): ${reason}`);
    return describeResult(status, log, warning);
  });
  const results = await Promise.all(described);
  await kubectl(['delete', 'pods', '-n', namespace, '-l', `${RUN_LABEL}=${image.name}`, '--wait=false']);
  return results;
}
