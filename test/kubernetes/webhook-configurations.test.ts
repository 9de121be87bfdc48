import { expect, test } from 'vitest';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createWebhookConfigurations } from '../../src/kubernetes/webhook-configurations.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import {
  json,
  errorStatus,
  type SeenRequest,
  startScriptedApi,
  type Step,
} from '../support/kubernetes/scripted-api.ts';

const never = new AbortController().signal;
const CA = Buffer.from('the CA').toString('base64');

const configuration = (...webhooks: readonly (readonly [name: string, caBundle: string | null])[]): Step =>
  json({
    webhooks: webhooks.map(([name, caBundle]) => ({
      name,
      clientConfig: caBundle === null ? {} : { caBundle },
    })),
  });

/** Requests of both kinds are concurrent, so each kind has a script of its own. */
function byKind(scripts: Readonly<Record<'mutating' | 'validating', readonly Step[]>>): Step {
  const places = { mutating: 0, validating: 0 };
  return (request, response) => {
    const kind = request.path.includes('/mutating') ? 'mutating' : 'validating';
    const script = scripts[kind];
    script[Math.min(places[kind], script.length - 1)]?.(request, response);
    places[kind] += 1;
  };
}

async function start(scripts: Parameters<typeof byKind>[0]) {
  const api = await startScriptedApi([byKind(scripts)]);
  const { logger, messages } = createRecordingLogger();
  const configurations = createWebhookConfigurations({
    client: createKubernetesClient(api.connection),
    logger,
  });
  return { api, configurations, messages, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

const patches = (seen: readonly SeenRequest[]): readonly unknown[] =>
  seen.filter(({ method }) => method === 'PATCH').map(({ body }) => JSON.parse(body) as unknown);

const done = [configuration(['v', CA])];

test('sets the CA where it is absent or different, and only there', async () => {
  const before = configuration(['a', null], ['b', CA], ['c', 'old']);
  await using started = await start({ mutating: [before, json({})], validating: done });
  const found = await started.configurations.ensure('the CA', never);
  expect(found).toEqual([['', 'the CA', Buffer.from('old', 'base64').toString()], ['the CA']]);
  expect(started.messages('info')).toEqual(['set the CA of the webhooks']);
  expect(patches(started.api.seen)).toEqual([
    [
      { op: 'test', path: '/webhooks/0/name', value: 'a' },
      { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: CA },
      { op: 'test', path: '/webhooks/2/name', value: 'c' },
      { op: 'add', path: '/webhooks/2/clientConfig/caBundle', value: CA },
    ],
  ]);
});

test.for<readonly [name: string, step: Step]>([
  ['a failed test of the patch', errorStatus(422, 'Invalid')],
  ['a conflict', errorStatus(409, 'Conflict')],
])('after %s the list is read again', async ([, step]) => {
  const mutating = [configuration(['a', null]), step, configuration(['new', CA], ['a', null]), json({})];
  await using started = await start({ mutating, validating: done });
  expect(await started.configurations.ensure('the CA', never)).toEqual([
    ['', 'the CA'].toReversed(),
    ['the CA'],
  ]);
  expect(patches(started.api.seen).at(-1)).toMatchObject([{ path: '/webhooks/1/name' }, { op: 'add' }]);
});

test.for<readonly [name: string, mutating: readonly Step[], code: string]>([
  ['a read that is forbidden', [errorStatus(403, 'Forbidden')], 'forbidden'],
  ['a patch that is forbidden', [configuration(['a', null]), errorStatus(403, 'Forbidden')], 'forbidden'],
])('%s is an error', async ([, mutating, code]) => {
  await using started = await start({ mutating, validating: done });
  await expect(started.configurations.ensure('the CA', never)).rejects.toMatchObject({ code });
});

test('a configuration that does not exist is null, also one that is deleted before the patch', async () => {
  const absent = errorStatus(404, 'NotFound');
  await using started = await start({ mutating: [configuration(['a', null]), absent], validating: [absent] });
  expect(await started.configurations.ensure('the CA', never)).toEqual([null, null]);
  expect(await started.configurations.read(never)).toEqual([null, null]);
});
