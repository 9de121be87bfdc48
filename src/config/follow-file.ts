import { setTimeout as delay } from 'node:timers/promises';
import { readText } from '../files/read-text.ts';
import { describeError } from '../lib/errors.ts';

/** The kubelet delivers a changed ConfigMap within about a minute, so a few seconds do not matter; the file is a few KiB. */
const POLL_MILLISECONDS = 5000;

export interface FollowedFile {
  readonly file: string;
  readonly intervalMilliseconds?: number;
}

export interface FileFollower {
  /** Called for the first text, and for each one that differs from the one before. What it throws goes to `onProblem`. */
  readonly onText: (text: string) => void;
  /** Called once for each problem, not at every poll. */
  readonly onProblem: (error: unknown) => void;
}

/**
 * Polls a file's content until the signal fires. A mounted ConfigMap is a link to a folder that the kubelet swaps: change
 * notifications miss that, and modification times are unreliable.
 */
export async function followFile(
  { file, intervalMilliseconds = POLL_MILLISECONDS }: FollowedFile,
  { onText, onProblem }: FileFollower,
  signal: AbortSignal,
): Promise<void> {
  let known: string | undefined;
  let reported = '';
  const check = async (): Promise<void> => {
    let found: string | undefined;
    try {
      found = await readText({ path: file, what: 'configuration' });
      const isNew = found !== known;
      known = found;
      if (isNew) onText(found);
      reported = '';
    } catch (error) {
      // Forgetting the text reports a file that returns unchanged: the end of a problem matters as much as its start.
      known = found;
      const problem = describeError(error);
      if (problem !== reported) onProblem(error);
      reported = problem;
    }
  };
  await poll(check, intervalMilliseconds, signal);
}

/** Calls `check` at an interval until the signal fires. The timer keeps no process alive. @throws what `check` throws */
export async function poll(
  check: () => Promise<void>,
  intervalMilliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await delay(intervalMilliseconds, undefined, { signal, ref: false });
    } catch {
      return;
    }
    await check();
  }
}
