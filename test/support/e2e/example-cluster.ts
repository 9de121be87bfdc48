import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { apply, type Kubectl, must } from '../kubernetes/kubectl.ts';
import { EXAMPLE_FACTS, type Example } from './examples.ts';
import type { KubernetesObject } from './install.ts';

/** The configuration whose wasmgate handles a namespace. */
export const ASKS_LABEL = 'examples.test/asks';
/** Marks namespaces without the mutating webhook, as if it did not answer. */
export const UNCHANGED_LABEL = 'examples.test/unchanged';

interface NodeObject extends KubernetesObject {
  readonly spec?: { readonly taints?: readonly object[] };
  readonly status: object;
}

export function objectsIn(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
}

/** The namespace of objects that name none. */
export function namespaceFor(configuration: string): string {
  return `for-${configuration}`;
}

export function unchangedNamespaceFor(configuration: string): string {
  return `${namespaceFor(configuration)}-unchanged`;
}

function labelled(object: KubernetesObject, labels: Readonly<Record<string, string>>): object {
  const { labels: own = {} } = object.metadata as { readonly labels?: object };
  return { ...object, metadata: { ...object.metadata, labels: { ...own, ...labels } } };
}

function newNamespaces(configuration: string): readonly object[] {
  const labels = { [ASKS_LABEL]: configuration };
  const of = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return [
    labelled(of(namespaceFor(configuration)), labels),
    labelled(of(unchangedNamespaceFor(configuration)), { ...labels, [UNCHANGED_LABEL]: 'true' }),
  ];
}

function isNode(object: KubernetesObject): object is NodeObject {
  return object.kind === 'Node';
}

/** Status is a subresource, and the API server adds a taint to every new node. */
async function finishNode(kubectl: Kubectl, { metadata, spec, status }: NodeObject): Promise<void> {
  const patch = ['patch', 'node', metadata.name, '--type=merge'];
  const taints = spec?.taints ?? null;
  await must(kubectl([...patch, `-p=${JSON.stringify({ spec: { taints } })}`]));
  await must(kubectl([...patch, '--subresource=status', `-p=${JSON.stringify({ status })}`]));
}

/** The facts for `review`, and the namespaces of the examples. */
export async function createExampleCluster(kubectl: Kubectl, examples: readonly Example[]): Promise<void> {
  const facts = readdirSync(EXAMPLE_FACTS).flatMap((name) =>
    objectsIn(readFileSync(join(EXAMPLE_FACTS, name), 'utf8')),
  );
  const nodes = facts.filter(isNode);
  const labelIf = (object: KubernetesObject, configuration: string): object =>
    object.kind === 'Namespace' ? labelled(object, { [ASKS_LABEL]: configuration }) : object;
  const configurations = new Set(examples.map(({ configuration }) => configuration));
  await must(
    apply(kubectl, [
      ...[...configurations].flatMap(newNamespaces),
      ...nodes.map(({ status: _status, ...node }) => node),
      ...facts.filter((object) => !isNode(object)).map((object) => labelIf(object, 'mixed')),
      ...examples.flatMap(({ text, configuration }) =>
        objectsIn(text)
          .filter(({ kind }) => kind === 'Namespace')
          .map((object) => labelIf(object, configuration)),
      ),
    ]),
  );
  for (const node of nodes) await finishNode(kubectl, node);
}
