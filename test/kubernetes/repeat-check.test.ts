import { expect, onTestFinished, test } from 'vitest';
import { createKubernetesError } from '../../src/kubernetes/kubernetes-error.ts';
import { repeatCheck, retryUntilResult } from '../../src/kubernetes/repeat-check.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';

const failure = (code: Parameters<typeof createKubernetesError>[1], state: string): Error =>
  createKubernetesError('read it', code, { state });

/** Plays results; the last one repeats. */
function script<Result>(...steps: readonly (Error | Result)[]) {
  let calls = 0;
  const run = (): Promise<Result> => {
    const step = steps[Math.min(calls, steps.length - 1)];
    calls += 1;
    return step instanceof Error ? Promise.reject(step) : Promise.resolve(step as Result);
  };
  return { run, calls: () => calls };
}

function startChecks(...steps: readonly (Error | boolean)[]) {
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const { logger, messages } = createRecordingLogger();
  const { run, calls } = script(...steps);
  const options = { logger, milliseconds: 1, what: 'checking' };
  return { calls, messages, stopping, done: repeatCheck(run, options, stopping.signal) };
}

test('a failure is logged when it begins and when it ends, however long it lasts', async () => {
  const forbidden = failure('forbidden', 'no');
  const { calls, messages } = startChecks(forbidden, forbidden, forbidden, true, true);
  await expect.poll(calls).toBeGreaterThan(5);
  expect(messages('warn')).toEqual([expect.stringContaining('Cannot read it: no')]);
  expect(messages('info')).toEqual(['checking again']);
});

test('an API server that is away is one state, whatever it answers; a missing permission is another', async () => {
  const { calls, messages } = startChecks(
    failure('unreachable', 'connect ECONNREFUSED'),
    failure('server-error', 'starting'),
    failure('timeout', 'the API server timed out'),
    failure('forbidden', 'no'),
    failure('unreachable', 'connect ECONNREFUSED'),
    true,
  );
  await expect.poll(calls).toBeGreaterThan(6);
  expect(messages('warn')).toEqual([
    expect.stringContaining('ECONNREFUSED'),
    expect.stringContaining('Cannot read it: no'),
    expect.stringContaining('ECONNREFUSED'),
  ]);
});

test('checks end when the program stops, without a word about it', async () => {
  const { calls, messages, stopping, done } = startChecks(true);
  await expect.poll(calls).toBeGreaterThan(1);
  stopping.abort();
  await done;
  expect(messages('warn')).toEqual([]);
});

const retry = { firstMilliseconds: 1, maxMilliseconds: 2 };

test('a start waits for an API server that is unreachable or starts, and for a result', async () => {
  const { logger, messages } = createRecordingLogger();
  const { run } = script<string | null>(
    failure('unreachable', 'connect ECONNREFUSED'),
    failure('too-many-requests', 'later'),
    null,
    'result',
  );
  expect(await retryUntilResult(run, { logger, retry }, new AbortController().signal)).toBe('result');
  expect(messages('warn')).toHaveLength(2);
});

test('a start fails with what time does not mend', async () => {
  const { logger } = createRecordingLogger();
  const { run } = script<string | null>(failure('forbidden', 'no'));
  const started = retryUntilResult(run, { logger, retry }, new AbortController().signal);
  await expect(started).rejects.toMatchObject({ code: 'forbidden' });
});

test('waiting ends when the program stops', async () => {
  const { logger } = createRecordingLogger();
  const stopping = new AbortController();
  let tries = 0;
  const work = (): Promise<string | null> => {
    tries += 1;
    return Promise.reject(failure(stopping.signal.aborted ? 'aborted' : 'unreachable', 'away'));
  };
  const waiting = retryUntilResult(work, { logger }, stopping.signal);
  // Asserted below; until then the rejection must not go unhandled.
  waiting.catch(() => {});
  await expect.poll(() => tries).toBe(1);
  stopping.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
});
