import { expect, test } from 'vitest';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createFetchRuntimeClasses } from '../../src/kubernetes/live-reads.ts';
import {
  list,
  errorStatus,
  startScriptedApi,
  type ScriptedApi,
  type Step,
} from '../support/kubernetes/scripted-api.ts';

const never = new AbortController().signal;
const FOREVER = 3_600_000;

function runtimeClass(name: string): object {
  return { metadata: { name }, handler: name };
}

function fetcher(api: ScriptedApi, ttlMilliseconds: number, maxWaitMilliseconds = FOREVER) {
  const options = { ttlMilliseconds, maxWaitMilliseconds };
  return createFetchRuntimeClasses(createKubernetesClient(api.connection), options);
}

test('concurrent callers, and those soon after, share one list', async () => {
  await using api = await startScriptedApi([list('1', [runtimeClass('spin')])]);
  const fetch = fetcher(api, FOREVER);
  const shared = await Promise.all([fetch(never), fetch(never)]);
  expect([...shared, await fetch(never)].map((classes) => classes.map(({ name }) => name))).toEqual([
    ['spin'],
    ['spin'],
    ['spin'],
  ]);
  expect(api.seen.map(({ path }) => path)).toEqual(['/apis/node.k8s.io/v1/runtimeclasses']);
});

test('an expired list is repeated', async () => {
  await using api = await startScriptedApi([list('1', []), list('2', [runtimeClass('spin')])]);
  const fetch = fetcher(api, 0);
  expect(await fetch(never)).toEqual([]);
  expect(await fetch(never)).toMatchObject([{ name: 'spin' }]);
});

test('callers share a failure, too', async () => {
  await using api = await startScriptedApi([errorStatus(403, 'Forbidden'), list('2', [])]);
  const fetch = fetcher(api, FOREVER);
  await expect(fetch(never)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(fetch(never)).rejects.toMatchObject({ code: 'forbidden' });
  expect(api.seen).toHaveLength(1);
});

test('callers do not wait for a slow list, and use it once it has arrived', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const answer: Step = (request, response) =>
    void gate.then(() => list('1', [runtimeClass('spin')])(request, response));
  await using api = await startScriptedApi([answer]);
  const fetch = fetcher(api, FOREVER, 1);
  await expect(fetch(never)).rejects.toMatchObject({ code: 'timeout' });
  await expect(fetch(never)).rejects.toMatchObject({ code: 'timeout' });
  open();
  await expect.poll(() => fetch(never).catch(() => null)).toMatchObject([{ name: 'spin' }]);
  expect(api.seen).toHaveLength(1);
});

test('a caller without time does not wait, and the list serves the next one', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const answer: Step = (request, response) =>
    void gate.then(() => list('1', [runtimeClass('spin')])(request, response));
  await using api = await startScriptedApi([answer]);
  const fetch = fetcher(api, FOREVER);
  await expect(fetch(AbortSignal.abort())).rejects.toMatchObject({ code: 'timeout' });
  open();
  expect(await fetch(never)).toMatchObject([{ name: 'spin' }]);
  expect(api.seen).toHaveLength(1);
});
