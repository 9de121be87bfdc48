import { describe, expect, onTestFinished, test } from 'vitest';
import type { EventResult, ObjectEvent } from '../../src/assess/ports.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createEvents, type EventsOptions } from '../../src/kubernetes/events.ts';
import { createStoredPods } from '../../src/kubernetes/live-reads.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { json, errorStatus, startScriptedApi, type Step } from '../support/kubernetes/scripted-api.ts';

const EVENT: ObjectEvent = {
  namespace: 'team-a',
  regarding: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app-5d8f', uid: 'u1' },
  reason: 'WasmImageWithoutRuntimeClass',
  message: 'It needed a class.',
};
const WRITE = 'POST /apis/events.k8s.io/v1/namespaces/team-a/events';
const retry = { firstMilliseconds: 1, maxMilliseconds: 1 };

async function start(steps: readonly Step[], options: Partial<EventsOptions> = {}) {
  const api = await startScriptedApi(steps);
  const stopping = new AbortController();
  onTestFinished(async () => {
    stopping.abort();
    await api[Symbol.asyncDispose]();
  });
  const client = createKubernetesClient(api.connection, { requestMilliseconds: 5000 });
  const { logger, messages } = createRecordingLogger();
  const results: EventResult[] = [];
  const events = createEvents(
    { client, logger, onEvent: (result) => results.push(result) },
    { instance: 'wasmgate-0', retry, ...options },
  );
  const lines = () => api.seen.map(({ method, path }) => `${method} ${path}`);
  const body = () => JSON.parse(api.seen.at(-1)?.body ?? '') as Readonly<Record<string, unknown>>;
  const write = (event: ObjectEvent = EVENT) => events.write(event, stopping.signal);
  return { client, write, lines, body, messages, results, stop: () => stopping.abort() };
}

describe('an Event on an owner', () => {
  test('has the fields that the API server requires', async () => {
    const { write, lines, body, results } = await start([json({})]);
    expect(await write()).toBe('written');
    expect(results).toEqual(['written']);
    expect(lines()).toEqual([WRITE]);
    expect(body()).toEqual({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: 'team-a', generateName: 'wasmgate-' },
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
      type: 'Warning',
      reason: 'WasmImageWithoutRuntimeClass',
      action: 'Admit',
      note: 'It needed a class.',
      reportingController: 'wasmgate.dev/wasmgate',
      reportingInstance: 'wasmgate-0',
      regarding: { ...EVENT.regarding, namespace: 'team-a' },
    });
  });

  test.for([
    ['of the maximum length', 'é'.repeat(512), 'é'.repeat(512)],
    ['too long by one byte', `${'é'.repeat(512)}!`, `${'é'.repeat(510)}…`],
    ['with control characters', 'a\u001B[31mb\nc', 'a [31mb c'],
  ] as const)('has a note of one line within 1 KiB: %s', async ([, message, note]) => {
    const { write, body } = await start([json({})]);
    await write({ ...EVENT, message });
    expect(body()['note']).toBe(note);
  });

  test('is retried while the API server is in trouble', async () => {
    const { write, lines } = await start([
      errorStatus(500, 'InternalError'),
      errorStatus(429, 'TooManyRequests'),
      json({}),
    ]);
    expect(await write()).toBe('written');
    expect(lines()).toEqual([WRITE, WRITE, WRITE]);
  });
});

describe('no Event', () => {
  test.for<readonly [name: string, step: Step, writes: number, level: 'debug' | 'warn', result: EventResult]>(
    [
      ['if the namespace is gone', errorStatus(404, 'NotFound'), 1, 'debug', 'needless'],
      ['if the API server stays in trouble', errorStatus(500, 'InternalError'), 3, 'warn', 'failed'],
      ['if writing Events is forbidden', errorStatus(403, 'Forbidden'), 1, 'warn', 'failed'],
    ],
  )('%s', async ([, step, writes, level, result]) => {
    const { write, lines, messages } = await start([step], { attempts: 3 });
    expect(await write()).toBe(result);
    expect(messages(level)).toHaveLength(1);
    expect(messages(level)[0]).toContain('Cannot write an Event on ReplicaSet "team-a/app-5d8f"');
    expect(lines()).toEqual(Array.from({ length: writes }, () => WRITE));
  });

  test('in a namespace with an invalid name', async () => {
    const { write, lines } = await start([json({})]);
    expect(await write({ ...EVENT, namespace: '..' })).toBe('needless');
    expect(lines()).toEqual([]);
  });

  test('after wasmgate began to stop, and no log line', async () => {
    const { write, lines, messages, stop } = await start([() => {}]);
    const writing = write();
    await expect.poll(lines).toEqual([WRITE]);
    stop();
    expect(await writing).toBe('failed');
    expect([...messages('warn'), ...messages('debug')]).toEqual([]);
  });
});

describe('a stored Pod', () => {
  const signal = AbortSignal.timeout(60_000);
  const POD = { metadata: { name: 'app-1', uid: 'u1' }, spec: { containers: [{ name: 'app' }] } };

  test('is read by its name', async () => {
    const { client, lines } = await start([json(POD)]);
    expect(await createStoredPods({ client }).read('team-a', 'app-1', signal)).toEqual(POD);
    expect(lines()).toEqual(['GET /api/v1/namespaces/team-a/pods/app-1']);
  });

  test('that does not exist is null; an API server in trouble is an error', async () => {
    const { client } = await start([errorStatus(404, 'NotFound'), errorStatus(500, 'InternalError')]);
    const pods = createStoredPods({ client });
    expect(await pods.read('team-a', 'app-1', signal)).toBeNull();
    await expect(pods.read('team-a', 'app-1', signal)).rejects.toThrow('Cannot read Pod "team-a/app-1"');
  });
});
