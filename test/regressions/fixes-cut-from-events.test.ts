import { expect, test } from 'vitest';
import { describeJudgment } from '../../src/assess/unjudged/judgment.ts';
import { describeRecreation } from '../../src/assess/unjudged/recreation.ts';
import { cutMiddleToBytes } from '../../src/lib/bound-text.ts';

const NOTE_BYTES = 1024;
const name = 'n'.repeat(253);
const owner = {
  namespace: 'n'.repeat(63),
  reference: { apiVersion: 'example.test/v1', kind: 'K'.repeat(63), name, uid: 'u1' },
  deployment: null,
  pod: { name, uid: 'u2' },
} as Parameters<typeof describeJudgment>[0];

/** What is wrong was cut to 400 characters, of up to four bytes each, and so the end of the command to 1024 bytes. */
test.each([
  ['names are as long as Kubernetes allows', 'x'.repeat(5000)],
  ['the text is not ASCII', '😀'.repeat(5000)],
])('an Event keeps the whole command if %s', (_case, text) => {
  const fix = describeRecreation(owner);
  const what = `wasmgate/image-will-not-pull: ${text}`;
  const judgment = { consequence: 'would-be-denied', reason: 'WouldHaveBeenRefused', what, fix } as const;
  for (const { message } of describeJudgment(owner, judgment)) {
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(NOTE_BYTES);
    expect(message).toContain('admitted: wasmgate/image-will-');
    expect(message.endsWith(`. ${fix}`)).toBe(true);
  }
});

test.each(['x', 'é', '€', '😀', 'x😀', '\ud83d'])(
  '%j repeated is cut to bytes between two characters',
  (part) => {
    const text = part.repeat(1000);
    for (const bytes of [16, 63, 64, 65, 66, 67]) {
      const cut = cutMiddleToBytes(text, bytes);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
      expect(cut.isWellFormed()).toBe(true);
      expect(cut).toContain('…');
    }
  },
);

test('a text that just fits stays whole', () => {
  expect(cutMiddleToBytes('😀x', 5)).toBe('😀x');
});
