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
  const configurations = createWebhookConfigurations(
    { client: createKubernetesClient(api.connection), logger },
    { checkMilliseconds: 5 },
  );
  return { api, configurations, messages, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

const patches = (seen: readonly SeenRequest[]): readonly unknown[] =>
  seen.filter(({ method }) => method === 'PATCH').map(({ body }) => JSON.parse(body) as unknown);

const done = [configuration(['v', CA])];

test('sets the CA where it is absent or different, and only there', async () => {
  const before = configuration(['a', null], ['b', CA], ['c', 'old']);
  await using started = await start({ mutating: [before, json({})], validating: done });
  expect(await started.configurations.setCaBundle('the CA', never)).toEqual(['set', 'unchanged']);
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
  expect(await started.configurations.setCaBundle('the CA', never)).toEqual(['set', 'unchanged']);
  expect(patches(started.api.seen).at(-1)).toMatchObject([{ path: '/webhooks/1/name' }, { op: 'add' }]);
});

test.for<readonly [name: string, mutating: readonly Step[], code: string]>([
  ['a read that is forbidden', [errorStatus(403, 'Forbidden')], 'forbidden'],
  ['a patch that is forbidden', [configuration(['a', null]), errorStatus(403, 'Forbidden')], 'forbidden'],
])('%s is an error', async ([, mutating, code]) => {
  await using started = await start({ mutating, validating: done });
  await expect(started.configurations.setCaBundle('the CA', never)).rejects.toMatchObject({ code });
});

test('keepCaBundle survives absence, failure and loss, until it is stopped', async () => {
  const mutating = [
    errorStatus(404, 'NotFound'),
    errorStatus(500, 'InternalError', 'etcd is away'),
    configuration(['a', null]),
    json({}),
    configuration(['a', CA]),
    configuration(['a', null]),
    json({}),
    configuration(['a', CA]),
  ];
  await using started = await start({ mutating, validating: done });
  const stopping = new AbortController();
  const keeping = started.configurations.keepCaBundle(() => Promise.resolve('the CA'), stopping.signal);
  await expect.poll(() => patches(started.api.seen).length).toBe(2);
  stopping.abort();
  await keeping;
  expect(started.messages('warn')).toEqual([
    'the webhook configurations do not exist yet',
    expect.stringContaining('etcd is away'),
  ]);
});
