import type { PodReview } from './pod-review.ts';
import { everyMilliseconds } from './schedule.ts';

/** A Pod with the class that it must get. */
export interface Victim extends PodReview {
  readonly runtimeClass: string;
}

export interface VictimFigures {
  readonly asked: number;
  /** Answered in time with the class that they must get. */
  readonly judged: number;
  /** The slowest answer in milliseconds. */
  readonly slowest: number;
  /** The first few wrong answers. */
  readonly failures: readonly string[];
}

/** Sends a body and resolves with the answer's text; rejects if there is none within the webhook's timeout. */
export type Ask = (body: string) => Promise<string>;

const SHOWN_FAILURES = 3;

interface Answer {
  readonly response: { readonly uid: string; readonly allowed: boolean; readonly patch?: string };
}

/** Returns what is wrong with an answer; null if nothing is. */
function faultOf(text: string, victim: Victim): string | null {
  const { response } = JSON.parse(text) as Answer;
  if (response.uid !== victim.uid || !response.allowed) return `a wrong answer: ${text}`;
  const patch = Buffer.from(response.patch ?? '', 'base64').toString();
  const wanted = `"path":"/spec/runtimeClassName","value":"${victim.runtimeClass}"`;
  return patch.includes(wanted) ? null : `no class ${victim.runtimeClass}: ${text}`;
}

/** Sends Pods of other namespaces at a steady rate, whether or not earlier ones were answered. */
export async function askVictims(
  ask: Ask,
  next: (index: number) => Victim,
  { perSecond, signal }: { readonly perSecond: number; readonly signal: AbortSignal },
): Promise<VictimFigures> {
  const failures: string[] = [];
  const answers: Promise<void>[] = [];
  let judged = 0;
  let slowest = 0;
  const askOne = async (victim: Victim): Promise<void> => {
    const started = performance.now();
    const fault = await ask(victim.body).then(
      (text) => faultOf(text, victim),
      (error: unknown) => `no answer: ${String(error)}`,
    );
    slowest = Math.max(slowest, performance.now() - started);
    if (fault === null) judged += 1;
    else failures.push(fault);
  };
  await everyMilliseconds(1000 / perSecond, signal, (index) => {
    answers.push(askOne(next(index)));
  });
  await Promise.all(answers);
  return { asked: answers.length, judged, slowest, failures: failures.slice(0, SHOWN_FAILURES) };
}
