import { describe, expect, test } from 'vitest';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createServerClock } from '../../src/kubernetes/server-clock.ts';
import { errorStatus, json, startScriptedApi, type Step, watch } from '../support/kubernetes/scripted-api.ts';

const THEN = 'Sat, 01 Jan 2000 00:00:00 GMT';

const dated =
  (step: Step, date: string): Step =>
  (request, response) => {
    response.setHeader('date', date);
    step(request, response);
  };

test('is the clock of the node before the first response, and after one without a time', () => {
  const clock = createServerClock();
  clock.onDate('no time');
  expect(Math.abs(clock.now().getTime() - Date.now())).toBeLessThan(60_000);
});

test('counts on from a response by a monotonic clock', () => {
  let elapsed = 5000;
  const clock = createServerClock(() => elapsed);
  clock.onDate(THEN);
  elapsed += 1500;
  expect(clock.now().toISOString()).toBe('2000-01-01T00:00:01.500Z');
});

describe('a header counts whole seconds', () => {
  function clockAfter(...headers: readonly [elapsed: number, header: string][]): string {
    let now = 0;
    const clock = createServerClock(() => now);
    for (const [elapsed, header] of headers) {
      now = elapsed;
      clock.onDate(header);
    }
    return clock.now().toISOString();
  }

  test('the clock does not go back within the second of a header', () => {
    expect(clockAfter([0, THEN], [999, THEN])).toBe('2000-01-01T00:00:00.999Z');
  });

  test('it goes forward to a header that is ahead', () => {
    expect(clockAfter([0, THEN], [10, THEN.replace(':00 ', ':01 ')])).toBe('2000-01-01T00:00:01.000Z');
  });

  test('it follows a clock that was set back', () => {
    expect(clockAfter([0, THEN], [1000, THEN])).toBe('2000-01-01T00:00:00.000Z');
  });
});

test.for<readonly [name: string, step: Step]>([
  ['an object', json({ kind: 'Secret' })],
  ['an error', errorStatus(403, 'Forbidden')],
  ['a watch', watch({ type: 'ADDED', object: {} })],
])('%s carries the time', async ([name, step]) => {
  await using api = await startScriptedApi([dated(step, THEN)]);
  const clock = createServerClock(() => 0);
  const client = createKubernetesClient(api.connection, { onDate: clock.onDate });
  const call = { action: 'ask', path: '/' };
  const stopping = new AbortController();
  if (name === 'a watch') await client.watch(call, stopping.signal).next();
  else await client.request(call, stopping.signal).catch(() => {});
  stopping.abort();
  expect(clock.now().toISOString()).toBe('2000-01-01T00:00:00.000Z');
});
