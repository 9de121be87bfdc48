import { onTestFinished, describe, expect, test } from 'vitest';
import type { PodEvent } from '../../src/assess/ports.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createEvents, type EventResult, type EventsOptions } from '../../src/kubernetes/events.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';
import { json, refuse, startScriptedApi, type Step } from '../support/scripted-api.ts';

const EVENT: PodEvent = {
  namespace: 'team-a',
  name: 'app-1',
  uid: 'u1',
  reason: 'WasmImageWithoutRuntimeClass',
  message: 'It needed a class.',
};
const POD = json({ metadata: { name: 'app-1', uid: 'u1' } });
const READ = 'GET /api/v1/namespaces/team-a/pods/app-1';
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
    stopping.signal,
  );
  const lines = () => api.seen.map(({ method, path }) => `${method} ${path}`);
  const body = () => JSON.parse(api.seen.at(-1)?.body ?? '') as Readonly<Record<string, unknown>>;
  return { api, events, lines, body, messages, results, stop: () => stopping.abort() };
}

describe('an Event on a Pod', () => {
  test('is written once the Pod is there', async () => {
    const { events, lines, body, results } = await start([refuse(404, 'NotFound'), POD, json({})]);
    events.emit(EVENT);
    await expect.poll(() => results).toEqual(['written']);
    expect(lines()).toEqual([READ, READ, WRITE]);
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
      regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'team-a', name: 'app-1', uid: 'u1' },
    });
  });

  test.for([
    ['as long as it may be', 'é'.repeat(512), 'é'.repeat(512)],
    ['too long by one byte', `${'é'.repeat(512)}!`, `${'é'.repeat(510)}…`],
    ['with what a terminal would obey', 'a\u001B[31mb\nc', 'a [31mb c'],
  ] as const)('has a note of one line within 1 KiB: %s', async ([, message, note]) => {
    const { events, lines, body } = await start([POD, json({})]);
    events.emit({ ...EVENT, message });
    await expect.poll(lines).toEqual([READ, WRITE]);
    expect(body()['note']).toBe(note);
  });
});

describe('no Event', () => {
  test.for<readonly [name: string, step: Step, reads: number, level: 'debug' | 'warn', result: EventResult]>([
    ['where the Pod was never stored', refuse(404, 'NotFound'), 3, 'debug', 'needless'],
    ['where the API server stays in trouble', refuse(500, 'InternalError'), 3, 'warn', 'failed'],
    ['where Pods may not be read', refuse(403, 'Forbidden'), 1, 'warn', 'failed'],
  ])('%s', async ([, step, reads, level, result]) => {
    const { events, lines, messages, results } = await start([step], { attempts: 3 });
    events.emit(EVENT);
    await expect.poll(() => messages(level)).toHaveLength(1);
    expect(messages(level)[0]).toContain('Cannot read Pod "team-a/app-1"');
    await expect.poll(() => results).toEqual([result]);
    expect(lines()).toEqual(Array.from({ length: reads }, () => READ));
  });

  test('where another Pod has the name now', async () => {
    const other = json({ metadata: { name: 'app-1', uid: 'u2' } });
    const { events, lines, results } = await start([other, POD, json({})], { maxPending: 1 });
    events.emit(EVENT);
    await expect.poll(() => results).toEqual(['needless']);
    expect(lines()).toEqual([READ]);
    // There is room for the next one as soon as this one was given up.
    await expect
      .poll(() => {
        events.emit(EVENT);
        return lines();
      })
      .toEqual([READ, READ, WRITE]);
  });

  test('on names that no object can have', async () => {
    const { events, lines } = await start([POD, json({})]);
    events.emit({ ...EVENT, name: '../nodes' });
    events.emit({ ...EVENT, namespace: '..' });
    events.emit(EVENT);
    await expect.poll(lines).toEqual([READ, WRITE]);
  });

  test('after wasmgate was told to stop', async () => {
    const { events, lines, messages, stop } = await start([() => {}]);
    events.emit(EVENT);
    await expect.poll(lines).toEqual([READ]);
    stop();
    events.emit(EVENT);
    await new Promise(setImmediate);
    expect(lines()).toEqual([READ]);
    expect([...messages('warn'), ...messages('debug')]).toEqual([]);
  });
});

test('one that may not be written is told in the log', async () => {
  const { events, messages } = await start([POD, refuse(403, 'Forbidden')]);
  events.emit(EVENT);
  await expect.poll(() => messages('warn')).toHaveLength(1);
  expect(messages('warn')[0]).toContain('Cannot write an Event on Pod "team-a/app-1"');
});

test('more than so many at a time are dropped, and the log says so', async () => {
  const { api, events, lines, messages, results } = await start([() => {}, POD, json({})], { maxPending: 1 });
  events.emit(EVENT);
  events.emit(EVENT);
  expect(results).toEqual(['dropped']);
  await expect.poll(lines).toEqual([READ]);
  api.open[0]?.writeHead(404, { 'content-type': 'application/json' }).end('{}');
  await expect.poll(lines).toEqual([READ, READ, WRITE]);
  await expect
    .poll(() => {
      events.emit(EVENT);
      return messages('warn');
    })
    .toContain('too many Events at a time; some were not written');
});
