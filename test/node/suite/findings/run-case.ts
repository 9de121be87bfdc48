import { setTimeout as sleep } from 'node:timers/promises';
import { describePods, type PodDescription } from '../describe-pod.ts';
import { asksToApplyAgain, isUnjudged, repeatLate } from '../late-admission.ts';
import { type Answer, messageOf } from '../node-api.ts';
import type { CasePod, NodeCase } from './node-case.ts';
import type { FindingStage } from './stage.ts';

const WAITING = {
  pollMilliseconds: 400,
  /** A safeguard: the slowest case restarts a container that compiles for half a minute. */
  seconds: 100,
  /** Polls after the end of a Pod, until its last events and logs are there. */
  pollsAfterEnd: 8,
} as const;

/** The result of a case. */
export interface CaseResult {
  /** Whether wasmgate denied the object. */
  readonly isDenied: boolean;
  /** The findings that wasmgate reported. */
  readonly findings: readonly string[];
  /** What wasmgate wrote. */
  readonly texts: readonly string[];
  readonly description: PodDescription;
  /** Of what the case names, the texts that the node did not write. */
  readonly missing: readonly string[];
}

function findingsIn(texts: readonly string[]): readonly string[] {
  const ids = texts.flatMap((text) =>
    [...text.matchAll(/\bwasmgate\/([a-z-]+): /g)].map(([, id = '']) => id),
  );
  return [...new Set(ids)].toSorted();
}

function missingIn(lines: readonly string[], { named, shows = [] }: NodeCase): readonly string[] {
  return [...named, ...shows].filter((text) => !lines.some((line) => line.includes(text)));
}

/** Waits until the node has written all that the case names, or the Pod has ended. */
async function watch(
  stage: FindingStage,
  place: Place,
  each: NodeCase,
): Promise<Omit<CaseResult, keyof Verdict>> {
  const deadline = performance.now() + WAITING.seconds * 1000;
  let ended = 0;
  for (;;) {
    const description = await describePods(stage.api, place.namespace, place.prefix);
    const missing = missingIn(description.lines, each);
    ended += description.isFinal ? 1 : 0;
    if (missing.length === 0 || ended > WAITING.pollsAfterEnd || performance.now() > deadline)
      return { description, missing };
    await sleep(WAITING.pollMilliseconds);
  }
}

interface Place {
  readonly namespace: string;
  /** Of the names of the Pods. */
  readonly prefix: string;
}

interface Verdict {
  readonly isDenied: boolean;
  readonly findings: readonly string[];
  readonly texts: readonly string[];
}

function verdictOf(answer: Answer): Verdict {
  const isDenied = answer.status >= 400;
  const texts = [...answer.warnings, ...(isDenied ? [messageOf(answer)] : [])];
  return { isDenied, findings: findingsIn(texts), texts };
}

function underClass(pod: CasePod, under: string | undefined): CasePod {
  return under === undefined ? pod : { ...pod, spec: { runtimeClassName: under, ...pod.spec } };
}

/** What a case is run with. */
interface Run {
  readonly stage: FindingStage;
  readonly each: NodeCase;
  readonly name: string;
  readonly judged: string;
  readonly unjudged: string;
}

function createPod({ stage, name }: Run, namespace: string, pod: CasePod, suffix = ''): Promise<Answer> {
  const body = stage.manifest(`${name}${suffix}`, pod);
  return stage.api.ask({ path: `/api/v1/namespaces/${namespace}/pods`, method: 'POST', body });
}

/** Creates the Pod, again if wasmgate asks for it: the mutating call does not close the namespace. */
function applyPod(run: Run): Promise<Answer> {
  const { each, judged } = run;
  return repeatLate(
    () => createPod(run, judged, each.pod),
    ({ text }) => isUnjudged(text) || (asksToApplyAgain(text) && each.namespaces !== 'unchanged'),
  );
}

async function mustCreate(run: Run, namespace: string, pod: CasePod, suffix = ''): Promise<void> {
  const answer = await repeatLate(
    () => createPod(run, namespace, pod, suffix),
    ({ text }) => isUnjudged(text),
  );
  if (answer.status >= 400) throw new Error(`${namespace} rejects the Pod: ${messageOf(answer)}`);
}

async function waitForLine({ stage, name }: Run, namespace: string, text: string): Promise<void> {
  const only: NodeCase = { kind: 'warned', pod: { spec: { containers: [] } }, what: '', named: [text] };
  const { missing, description } = await watch(stage, { namespace, prefix: name }, only);
  if (missing.length > 0) throw new Error(`Not seen: ${text}\n${description.lines.join('\n')}`);
}

const WORKLOADS = { rejected: 'Deployment', 'daemon-set': 'DaemonSet' } as const;

/** Creates the workload, for real once wasmgate has warned about it: without an answer the API server admits it silently. */
async function applyWorkload(run: Run, kind: keyof typeof WORKLOADS, pod: CasePod): Promise<Answer> {
  const tried = await repeatLate(
    () => createWorkload(run, kind, pod, { dryRun: 'All' }),
    ({ warnings }) => warnings.length === 0,
  );
  await createWorkload(run, kind, pod);
  return tried;
}

function createWorkload(
  { stage, name, judged }: Run,
  kind: keyof typeof WORKLOADS,
  pod: CasePod,
  query: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { spec, metadata } = stage.manifest(name, pod);
  const labels = { app: name };
  const template = {
    metadata: { labels, annotations: metadata.annotations },
    spec: { ...spec, restartPolicy: 'Always' },
  };
  const body = {
    apiVersion: 'apps/v1',
    kind: WORKLOADS[kind],
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template },
  };
  const path = `/apis/apps/v1/namespaces/${judged}/${WORKLOADS[kind].toLowerCase()}s`;
  return stage.api.ask({ path, method: 'POST', body, query });
}

/** Changes a running Pod in both namespaces. */
async function change(run: Run, under: string | undefined, call: object, path = ''): Promise<Verdict> {
  const { each, name, judged, unjudged, stage } = run;
  const send = (namespace: string): Promise<Answer> =>
    stage.api.ask({ path: `/api/v1/namespaces/${namespace}/pods/${name}${path}`, method: 'PATCH', ...call });
  await Promise.all([
    mustCreate(run, judged, each.pod),
    mustCreate(run, unjudged, underClass(each.pod, under)),
  ]);
  const answered = await repeatLate(
    () => send(judged),
    ({ text }) => isUnjudged(text),
  );
  const verdict = verdictOf(answered);
  await waitForLine(run, unjudged, 'app: running');
  const answer = await send(unjudged);
  if (answer.status >= 400) throw new Error(`${unjudged} rejects the change: ${messageOf(answer)}`);
  return verdict;
}

function imagePatch({ stage, each }: Run, image: string): object {
  const [container] = stage.manifest('', { spec: { ...each.pod.spec, containers: [{ name: 'app', image }] } })
    .spec.containers;
  const body = [{ op: 'replace', path: '/spec/containers/0/image', value: container?.image }];
  return { contentType: 'application/json-patch+json', body };
}

function debugPatch({ stage }: Run, debug: CasePod['spec']['containers'][number]): object {
  const { containers } = stage.manifest('', { spec: { containers: [debug] } }).spec;
  const body = { spec: { ephemeralContainers: containers } };
  return { contentType: 'application/strategic-merge-patch+json', body };
}

/** Applies the case's object. Returns what wasmgate answered, and the namespace whose Pods show the symptom. */
async function apply(run: Run): Promise<{ readonly verdict: Verdict; readonly namespace: string }> {
  const { each, judged, unjudged } = run;
  switch (each.kind) {
    case 'denied': {
      const verdict = verdictOf(await applyPod(run));
      await mustCreate(run, unjudged, underClass(each.pod, each.under));
      return { verdict, namespace: unjudged };
    }
    case 'warned': {
      const verdict = verdictOf(await applyPod(run));
      if (each.under === undefined) return { verdict, namespace: judged };
      const spec = { ...each.pod.spec, runtimeClassName: each.under };
      await mustCreate(run, unjudged, { ...each.pod, spec });
      return { verdict, namespace: unjudged };
    }
    case 'rejected':
    case 'daemon-set':
      return { verdict: verdictOf(await applyWorkload(run, each.kind, each.pod)), namespace: judged };
    case 'updated':
      return { verdict: await change(run, each.under, imagePatch(run, each.image)), namespace: unjudged };
    case 'debugged': {
      const call = debugPatch(run, each.debug);
      return { verdict: await change(run, undefined, call, '/ephemeralcontainers'), namespace: unjudged };
    }
  }
}

async function removePods({ stage, name, judged, unjudged, each }: Run): Promise<void> {
  const pods = [judged, unjudged].map((namespace) => `/api/v1/namespaces/${namespace}/pods/${name}`);
  const isWorkload = each.kind === 'rejected' || each.kind === 'daemon-set';
  const workload = `/apis/apps/v1/namespaces/${judged}/${isWorkload ? WORKLOADS[each.kind].toLowerCase() : ''}s/${name}`;
  const query = { propagationPolicy: 'Background' };
  for (const path of [...pods, ...(isWorkload ? [workload] : [])])
    await stage.api.must({ path, method: 'DELETE', query }, [404]);
}

/** Runs a case to its end. @param name of its Pod */
export async function runCase(stage: FindingStage, name: string, each: NodeCase): Promise<CaseResult> {
  const pair = each.namespaces ?? 'plain';
  const run: Run = { stage, each, name, judged: stage.judged(pair), unjudged: stage.unjudged(pair) };
  if (each.after !== undefined) {
    await mustCreate(run, run.unjudged, underClass(each.after, 'wasmtime'), '-after');
    await waitForLine({ ...run, name: `${name}-after` }, run.unjudged, 'app: Completed');
  }
  try {
    const { verdict, namespace } = await apply(run);
    if (verdict.isDenied && namespace === run.judged)
      return { ...verdict, description: { lines: [], isFinal: true }, missing: missingIn([], each) };
    return { ...verdict, ...(await watch(stage, { namespace, prefix: name }, each)) };
  } finally {
    await removePods(run);
  }
}
