import { expect, test } from 'vitest';
import { describeJudgment } from '../../../src/assess/unjudged/judgment.ts';

test('the Events on a Pod and its owner are one line that keeps what to do, however long the names are', () => {
  const name = 'n'.repeat(253);
  const owner = {
    namespace: 'team-a',
    reference: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: 'u1' },
    pod: { name, uid: 'u2' },
  } as Parameters<typeof describeJudgment>[0];
  const what = `wasmgate/image-will-not-pull: container "app" (image ${'x'.repeat(5000)}) cannot be pulled`;
  const cure = `Run: kubectl delete pod ${name} -n team-a`;
  const judgment = {
    consequence: 'would-be-denied',
    reason: 'WouldHaveBeenRefused',
    what,
    fix: cure,
  } as const;
  const messages = describeJudgment(owner, judgment).map(({ message }) => message);
  expect(messages).toHaveLength(2);
  for (const message of messages) {
    expect(message).toMatch(/^Known only after .* admitted: wasmgate\/image-will-not-pull: container "app" /);
    expect(message.endsWith(`cannot be pulled. ${cure}`)).toBe(true);
    // An Event's note has at most 1024 bytes.
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024);
  }
});
