import { expect, test } from 'vitest';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createFindObjects } from '../../src/kubernetes/find-objects.ts';
import { startScriptedApi, type Step } from '../support/kubernetes/scripted-api.ts';

function groupOf(name: string, version: string) {
  const resource = {
    resource: 'statefulsets',
    responseKind: { group: name, version, kind: 'StatefulSet' },
    scope: 'Namespaced',
    singularResource: 'statefulset',
    shortNames: ['sts'],
    verbs: ['get', 'list'],
  };
  return { metadata: { name }, versions: [{ version, resources: [resource] }] };
}

const GROUPS = [groupOf('apps', 'v1'), groupOf('apps.kruise.io', 'v1beta1')];

const respond: Step = ({ path }, response) => {
  const documents: Readonly<Record<string, object>> = {
    '/api': { items: [] },
    '/apis': { items: GROUPS },
  };
  response.end(JSON.stringify(documents[path] ?? { metadata: { name: 'db', namespace: 'shop' } }));
};

test.each([
  ['sts', '/apis/apps/v1/namespaces/shop/statefulsets/db'],
  ['statefulset', '/apis/apps/v1/namespaces/shop/statefulsets/db'],
  ['statefulsets.apps.kruise.io', '/apis/apps.kruise.io/v1beta1/namespaces/shop/statefulsets/db'],
])('%s is, as for kubectl, %s if Kruise is installed', async (type, path) => {
  await using api = await startScriptedApi([respond]);
  const findObjects = createFindObjects(createKubernetesClient(api.connection));
  const scope = { namespace: 'shop', selector: '' };
  const { signal } = new AbortController();
  await expect(findObjects([{ type, names: ['db'] }], { scope, signal })).resolves.toHaveLength(1);
  expect(api.seen.at(-1)?.path).toBe(path);
});
