import jsonPatch, { type Operation } from 'fast-json-patch';
import type { ReportedItem } from '../../../src/audit/reported-item.ts';
import { getJson, type Kubectl, must } from '../kubernetes/kubectl.ts';
import type { Output } from '../lib/processes.ts';
import { namespaceFor, objectsIn } from './example-cluster.ts';
import { withRegistry } from './example-images.ts';
import type { ExampleStage } from './example-stage.ts';
import { type Example, type ExpectedOutcome, reviewArguments } from './examples.ts';
import type { KubernetesObject, TestPod } from './install.ts';

interface ReviewedUpdate extends KubernetesObject {
  readonly request: {
    readonly name: string;
    readonly subResource?: string;
    readonly oldObject: KubernetesObject;
    readonly object: { readonly spec: Readonly<Record<string, unknown>> };
  };
}

interface WrittenAnswer {
  readonly response: {
    readonly allowed: boolean;
    readonly status?: { readonly message: string };
    readonly patch?: string;
    readonly warnings?: readonly string[];
  };
}

/** One object of an example: the outcome that its first line states, `review`'s result, and kubectl's output. */
export interface Shown {
  readonly expected: ExpectedOutcome;
  readonly item: ReportedItem;
  /** The object with the changes of `review`. */
  readonly reviewed: KubernetesObject;
  readonly answer: WrittenAnswer['response'];
  readonly output: Output;
}

export interface Place {
  /** The namespace of objects that name none. */
  readonly namespace: string;
}

/** Runs the example through `review` and through the API server. */
export async function showExample(
  { kubectl, review }: ExampleStage,
  example: Example,
  { namespace }: Place = { namespace: namespaceFor(example.configuration) },
): Promise<readonly Shown[]> {
  const args = await reviewArguments(example, review);
  const { items } = await review.report(args);
  const written = await review.review([...args, '-o', 'admissionreview']);
  const answers = written.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as WrittenAnswer);
  const objects = objectsIn(withRegistry(example.text, review.host)).filter(
    ({ kind }) => kind !== 'Namespace',
  );
  const shown: Shown[] = [];
  for (const [index, object] of objects.entries()) {
    const [expected, item, answer] = [example.expected[index], items[index], answers[index]?.response];
    if (expected === undefined || item === undefined || answer === undefined) {
      throw new Error(`Example ${example.id} has more objects than promises or answers`);
    }
    const isUpdate = object.kind === 'AdmissionReview';
    const output = isUpdate
      ? await update(kubectl, object as ReviewedUpdate, namespace)
      : await create(kubectl, object, namespace);
    shown.push({ expected, item, reviewed: patchedBy(object, answer), answer, output });
  }
  return shown;
}

function patchedBy(object: KubernetesObject, { patch }: WrittenAnswer['response']): KubernetesObject {
  if (patch === undefined) return object;
  const operations = JSON.parse(Buffer.from(patch, 'base64').toString()) as Operation[];
  return jsonPatch.applyPatch(structuredClone(object), operations).newDocument;
}

/** A dry run: everything that the API server does with a new object except storing it. */
export function create(kubectl: Kubectl, object: KubernetesObject, namespace: string): Promise<Output> {
  const args = ['create', '--dry-run=server', '-o=json', '-f', '-'];
  const metadata = { namespace, ...object.metadata };
  return kubectl(args, { stdin: JSON.stringify({ ...object, metadata }) });
}

/** Creates the old object and replaces it in a dry run. */
async function update(kubectl: Kubectl, { request }: ReviewedUpdate, namespace: string): Promise<Output> {
  const { name, subResource, oldObject, object } = request;
  const old = { ...oldObject, metadata: { ...oldObject.metadata, namespace } };
  await must(kubectl(['create', '-f', '-'], { stdin: JSON.stringify(old) }));
  const live = await getJson<TestPod>(kubectl, ['pod', name, '-n', namespace]);
  const { containers: wanted, ephemeralContainers } = object.spec;
  const containers = live.spec.containers.map((container, index) => ({
    ...container,
    image: (wanted as readonly { readonly image: string }[])[index]?.image,
  }));
  const next = { ...live, spec: { ...live.spec, containers, ephemeralContainers } };
  const resource = [`/api/v1/namespaces/${namespace}/pods/${name}`, subResource ?? []].flat().join('/');
  const output = await kubectl(['replace', '--raw', `${resource}?dryRun=All`, '-f', '-'], {
    stdin: JSON.stringify(next),
  });
  await must(kubectl(['delete', 'pod', name, '-n', namespace, '--grace-period=0', '--force']));
  return output;
}
