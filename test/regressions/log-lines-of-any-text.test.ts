import { expect, test } from 'vitest';
import { parseReview } from '../../src/admission/review.ts';
import { hasControlCharacters } from '../../src/lib/strip-control-characters.ts';
import { createDecisionLog } from '../../src/server/decision-log.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { readReview } from '../support/admission/reviews.ts';
import { CANNOT_RUN, decided } from '../support/assess/assessments.ts';

function capture() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { logger: createLogger({ level: 'info', format: 'json', destination }), lines };
}

/** `kubectl logs` prints JSON lines unchanged: an 8-bit control sequence of a registry's message cleared the screen. */
test('a JSON line neither controls the terminal nor breaks at a line separator, and keeps its meaning', () => {
  const { logger, lines } = capture();
  const text = 'a\u009b2J\u202e\u2028{"level":"info"}\u007f';
  logger.warn({ host: text, images: [text], err: new Error(text) }, text);
  const [line = ''] = lines;
  expect(lines).toHaveLength(1);
  expect(hasControlCharacters(line)).toBe(false);
  expect(JSON.parse(line)).toMatchObject({ host: text, images: [text], err: { message: text }, msg: text });
});

/** Strict parsers, such as serde's and jq's, reject the whole line. */
test('a JSON line has no lone surrogate, but a text that looks like one stays', () => {
  const { logger, lines } = capture();
  logger.warn({ host: 'a\ud83d', images: ['\udc00', '\\ud83d', '😀'] }, 'b\ud83d');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { host: 'a\ufffd', images: ['\ufffd', '\\ud83d', '😀'], msg: 'b\ufffd' },
  ]);
});

async function logDenialOf(image: string): Promise<string> {
  const { logger, lines } = capture();
  const request = parseReview(readReview('05'));
  const pod = { spec: { containers: [] } };
  const container = {
    kind: 'main',
    path: '/spec/containers/0',
    container: { name: 'app' },
    image,
    facts: null,
    isSkipped: false,
    verdict: { kind: 'container', evidence: [] },
  } as const;
  const assessment = decided({ containers: [container], findings: [CANNOT_RUN] });
  createDecisionLog(logger)({ request, pod, assessment, outcome: 'denied', milliseconds: 1 });
  await new Promise(setImmediate);
  return lines.join('');
}

/** Only 253 characters were searched for a login, which is recognized by the "@" at its end. */
test('a login in an image reference is redacted if the reference is longer than the log shows', async () => {
  const line = await logDenialOf(`https://user:${'hunter2'.repeat(50)}@registry.example/app`);
  expect(line).toContain('https://***@registry.example/app');
  expect(line).not.toContain('hunter2');
});

test('a long image reference is cut between two characters', async () => {
  const line = await logDenialOf(`${'a'.repeat(250)}${'😀'.repeat(9)}`);
  expect(line).toContain(`"${'a'.repeat(250)}😀😀…"`);
});
