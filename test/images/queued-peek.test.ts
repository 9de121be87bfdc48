import { expect, test } from 'vitest';
import { createFairQueue } from '../../src/images/fair-queue.ts';
import { createQueuedPeek, QUEUED_PEEK_LIMITS } from '../../src/images/queued-peek.ts';
import { AppError } from '../../src/lib/errors.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { imageFacts, linux } from '../support/image/image-facts.ts';

const never = new AbortController().signal;

/** A key holds a command of up to 8 KiB, which Pods choose. */
test('failed peeks are cached within a bound in bytes', async () => {
  let peeks = 0;
  const look = createQueuedPeek({
    peek: () => {
      peeks += 1;
      return Promise.reject(new AppError('not-found', 'Cannot read layer'));
    },
    queue: createFairQueue({ atOnce: 8, waiting: 8 }),
    logger: createRecordingLogger().logger,
  });
  const facts = imageFacts(linux('/app'));
  const ask = (index: number) => {
    const image = 'r.example/app:1';
    const override = { command: [`/${index}`.padEnd(4_000, 'x')] };
    const own = {
      key: image,
      image,
      namespace: 'a',
      onPeeked: () => {},
      credentialsFor: () => Promise.resolve([]),
    };
    return look(own, { facts, override, scope: 'sign' }, never);
  };
  const count = 500;
  for (let index = 0; index < count; index += 1) await ask(index);
  expect(peeks).toBe(count);
  for (let index = count - 1; index >= 0; index -= 1) await ask(index);
  const kept = 2 * count - peeks;
  expect(kept).toBeGreaterThan(100);
  expect(kept * 2 * 4_000).toBeLessThanOrEqual(QUEUED_PEEK_LIMITS.maxFailureBytes);
});
