import { expect, test } from 'vitest';
import type { AssessmentRequest, DecidedAssessment } from '../../src/assess/assessment.ts';
import { createUnjudgedAdmissions } from '../../src/assess/unjudged/unjudged-admissions.ts';
import { decided } from '../support/assess/assessments.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';

type Deps = Parameters<typeof createUnjudgedAdmissions>[0];

/**
 * If all lookups of a namespace hang, another one fails without any request. So the end of each owner's attempt started the
 * next one, with a pass over all owners, in a single turn of the event loop: seconds, for a thousand owners of eight images.
 */
test('owners whose attempts fail at once leave turns of the event loop to admissions', async () => {
  const OWNERS = 40;
  let turn = 0;
  const turns: number[] = [];
  const counting = setInterval(() => (turn += 1), 0);
  const failure = { kind: 'failure', reason: 'rate-limited', detail: 'too many', advice: null } as const;
  const catalog: Pick<Deps['catalog'], 'cached' | 'poll' | 'lookUp' | 'isUnreachable'> = {
    cached: () => undefined,
    poll: () => undefined,
    isUnreachable: () => false,
    lookUp: () => {
      turns.push(turn);
      return Promise.resolve(failure);
    },
  };
  const deps = {
    catalog,
    cluster: { view: () => ({ architectures: [] }) },
    assess: () => decided(),
    pods: { read: () => Promise.resolve(null) },
    events: { write: () => Promise.resolve('written') },
    logger: createRecordingLogger().logger,
  } as unknown as Deps;
  const stop = new AbortController();
  const { note } = createUnjudgedAdmissions(deps, { tickMilliseconds: 1, pauseMilliseconds: 1 }, stop.signal);
  const verdict = { kind: 'unknown', reason: 'timeout', detail: 'late', evidence: [] } as const;
  for (let index = 0; index < OWNERS; index += 1) {
    const name = `app-${index}`;
    const pod = { metadata: { name, uid: name }, spec: { containers: [] } };
    const container = { image: `r.example/${name}`, verdict, isSkipped: false };
    const assessment = { ...decided(), containers: [container] } as unknown as DecidedAssessment;
    note(
      { subject: 'pod', pod, namespace: 'greedy', step: 'validate' } as unknown as AssessmentRequest,
      assessment,
    );
  }
  await expect.poll(() => turns.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(OWNERS);
  stop.abort();
  clearInterval(counting);
  const perTurn = Object.values(Object.groupBy(turns, String)).map((list) => list?.length ?? 0);
  // Two owners of a namespace are judged concurrently; a timer of the test may come late.
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(8);
});
