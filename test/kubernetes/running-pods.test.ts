import { expect, onTestFinished, test } from 'vitest';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { isKubernetesError } from '../../src/kubernetes/kubernetes-error.ts';
import { createRunningPods } from '../../src/kubernetes/running-pods.ts';
import { errorStatus, json, startScriptedApi, type Step } from '../support/kubernetes/scripted-api.ts';

function podOf(namespace: string, name: string, more: object = {}): object {
  return { metadata: { namespace, name, ...more }, spec: { containers: [{ name: 'app' }] } };
}

function page(items: readonly unknown[], next = ''): Step {
  return json({ metadata: { resourceVersion: '1', continue: next }, items });
}

async function list(steps: readonly Step[], options: Parameters<typeof createRunningPods>[1] = {}) {
  const api = await startScriptedApi(steps);
  onTestFinished(() => api[Symbol.asyncDispose]());
  const client = createKubernetesClient(api.connection);
  const namespaces = (): readonly string[] => ['team-a', 'team-b'];
  const deps = { client, namespaces, excluded: ['kube-system', 'wasmgate-system'], random: () => 0 };
  const found: string[] = [];
  let error: unknown = null;
  try {
    for await (const pods of createRunningPods(deps, options).pages(new AbortController().signal))
      found.push(...pods.map(({ namespace, pod }) => `${namespace}/${pod.metadata?.name ?? ''}`));
  } catch (thrown) {
    error = thrown;
  }
  const asked = api.seen.map(({ path, query }) => `${path} ${query.get('continue') ?? ''}`.trim());
  return { found, asked, error, seen: api.seen };
}

test('a small cluster is listed in one request, without what is never judged or does not run', async () => {
  const { found, asked, seen } = await list([
    page([podOf('team-a', 'one'), 'no Pod', { spec: { containers: 1 } }]),
  ]);
  expect(found).toEqual(['team-a/one']);
  expect(asked).toEqual(['/api/v1/pods']);
  expect(seen[0]?.query.get('fieldSelector')).toBe(
    'status.phase=Running,metadata.namespace!=kube-system,metadata.namespace!=wasmgate-system',
  );
});

test('in a larger one namespaces take turns, page by page', async () => {
  const { found, asked } = await list([
    page([podOf('team-a', '1')], 'more'),
    page([podOf('team-a', '1')], 'a2'),
    page([podOf('team-b', '1')]),
    page([podOf('team-a', '2')], 'a3'),
    page([podOf('team-a', '3')]),
  ]);
  expect(asked).toEqual([
    '/api/v1/pods',
    '/api/v1/namespaces/team-a/pods',
    '/api/v1/namespaces/team-b/pods',
    '/api/v1/namespaces/team-a/pods a2',
    '/api/v1/namespaces/team-a/pods a3',
  ]);
  expect(found).toEqual(['team-a/1', 'team-a/1', 'team-b/1', 'team-a/2', 'team-a/3']);
});

test('it ends after a number of pages', async () => {
  const { asked } = await list([page([podOf('team-a', '1')], 'more')], { maxPages: 7 });
  expect(asked).toHaveLength(7);
});

test('a page of too many bytes leaves out its namespace only', async () => {
  const large = page([podOf('team-a', 'large', { annotations: { text: 'x'.repeat(5_000) } })]);
  const { found, asked, error } = await list([large, large, page([podOf('team-b', '1')])], {
    maxPageBytes: 4_000,
  });
  expect({ found, error }).toEqual({ found: ['team-b/1'], error: null });
  expect(asked).toHaveLength(3);
});

test('a missing permission is an error', async () => {
  const { error } = await list([errorStatus(403, 'Forbidden')]);
  expect(isKubernetesError(error, 'forbidden')).toBe(true);
});
