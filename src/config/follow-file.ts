import { setTimeout as delay } from 'node:timers/promises';
import { readText } from '../files/read-text.ts';
import { describeError } from '../lib/errors.ts';

const DEFAULTS = {
  /**
   * The kubelet brings a changed ConfigMap to its Pods within about a minute, so a few seconds more are nothing; and the
   * file is a few KiB.
   */
  intervalMilliseconds: 5000,
} as const;

export interface FollowedFile {
  readonly file: string;
  readonly intervalMilliseconds?: number;
}

export interface FileFollower {
  /** Called at the first look and with each text that differs from the one before; what it throws goes to `onProblem`. */
  readonly onText: (text: string) => void;
  /** Called once for each problem, not at every look. */
  readonly onProblem: (error: unknown) => void;
}

/**
 * Looks at a file's content again and again until the signal ends it. A mounted ConfigMap is a link to a folder that is
 * swapped, which change notifications miss and modification times tell badly; its content always tells.
 */
export async function followFile(
  { file, intervalMilliseconds = DEFAULTS.intervalMilliseconds }: FollowedFile,
  { onText, onProblem }: FileFollower,
  signal: AbortSignal,
): Promise<void> {
  let known: string | undefined;
  let told = '';
  const look = async (): Promise<void> => {
    let found: string | undefined;
    try {
      found = await readText({ path: file, what: 'configuration' });
      const isNew = found !== known;
      known = found;
      if (isNew) onText(found);
      told = '';
    } catch (error) {
      // One that was away and comes back as it was is told of, too: who heard of the problem hears of its end.
      known = found;
      const problem = describeError(error);
      if (problem !== told) onProblem(error);
      told = problem;
    }
  };
  await poll(look, intervalMilliseconds, signal);
}

/** Calls `look` at an interval until the signal fires. The timer keeps no process alive. @throws what `look` throws */
export async function poll(
  look: () => Promise<void>,
  intervalMilliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await delay(intervalMilliseconds, undefined, { signal, ref: false });
    } catch {
      return;
    }
    await look();
  }
}
