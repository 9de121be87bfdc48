import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { AppError, describeError } from '../lib/errors.ts';
import { isObject } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';

/** One reading of the configuration file and of all files that it names. */
export interface ReadConfiguration {
  /** By section. */
  readonly settings: object;
  /** Digests of what was read, keyed by path. */
  readonly contents: ReadonlyMap<string, string>;
  /** True if the file holds nothing but blanks and comments. */
  readonly isEmpty: boolean;
}

export interface FollowOptions<State extends ReadConfiguration> {
  readonly file: string;
  /** Reads and checks everything. @throws AppError naming every problem */
  readonly read: () => Promise<State>;
  /** Puts a state to use. @throws AppError before anything has changed */
  readonly apply: (next: State) => Promise<void>;
  /** Sections that only a restart applies. */
  readonly fixedSections: readonly string[];
  readonly logger: Logger;
  /** Called for each state that was applied, or that was rejected. */
  readonly onReload?: ((result: 'success' | 'failure') => void) | undefined;
  readonly times?: Partial<Times>;
}

const FOLLOW_TIMES = {
  /**
   * Milliseconds between two readings. The kubelet delivers a changed ConfigMap or Secret within about a minute, so a few seconds
   * do not matter.
   */
  shortest: 5_000,
  /** The same while files keep changing, or if they take long to read: as long as the kubelet takes. */
  longest: 60_000,
  /** A change counts if a second reading after this time equals the first: some writers need several steps. */
  settle: 500,
  /**
   * The wait is at least this many times as long as a reading. That takes 1 ms for a usual configuration, but more than half a
   * second of CPU time for a folder with a thousand hosts.
   */
  perReading: 20,
} as const;

type Times = { readonly [Key in keyof typeof FOLLOW_TIMES]: number };

/** Changes in a row before the wait grows: an operator tries one setting after the other for about a minute. */
const FREE_CHANGES = 10;

/** Returns how long to wait after some changes in a row; it doubles with each. */
function waitAfter(changes: number, { shortest }: Times): number {
  return shortest * 2 ** Math.max(0, changes - FREE_CHANGES);
}

function changedFiles(before: ReadConfiguration, after: ReadConfiguration): readonly string[] {
  const paths = new Set([...before.contents.keys(), ...after.contents.keys()]);
  return [...paths].filter((path) => before.contents.get(path) !== after.contents.get(path)).toSorted();
}

/** Returns the keys that differ, such as `policy.mode`. */
function changedKeys({ settings: before }: ReadConfiguration, after: ReadConfiguration): readonly string[] {
  const known = new Map<string, unknown>(Object.entries(before));
  return Object.entries(after.settings).flatMap(([section, values]: [string, unknown]) => {
    const [now, then] = [values, known.get(section)].map(
      (one) => new Map(isObject(one) ? Object.entries(one) : []),
    );
    const keys = [...new Set([...(then?.keys() ?? []), ...(now?.keys() ?? [])])];
    return keys
      .filter((key) => !isDeepStrictEqual(then?.get(key), now?.get(key)))
      .map((key) => `${section}.${key}`);
  });
}

/** At the start, an empty file means all defaults; later, whatever writes it has more likely failed. */
function emptied(file: string): AppError<'empty-configuration'> {
  return new AppError('empty-configuration', `Cannot apply configuration "${file}": it is empty now`, {
    advice: 'If you mean all defaults, write apiVersion and kind into it, or restart.',
  });
}

/** Creates what applies or rejects a reading that differs from the one before, and logs either once. */
function createReload<State extends ReadConfiguration>(
  { file, apply, fixedSections, logger, onReload }: FollowOptions<State>,
  { state: initial, problem }: Initial<State>,
) {
  let current = initial;
  let isRejected = problem !== null;
  let waiting = '';
  if (problem !== null) onReload?.('failure');

  const isFixed = (key: string): boolean => fixedSections.some((section) => key.startsWith(`${section}.`));

  const logRestart = (next: State): void => {
    const keys = changedKeys(initial, next).filter(isFixed);
    if (keys.length > 0 && keys.join() !== waiting)
      logger.warn({ file, keys }, 'changed keys apply only after a restart');
    waiting = keys.join();
  };

  const accept = async (next: State): Promise<void> => {
    const changed = changedKeys(current, next);
    if (next.isEmpty && changed.length > 0) throw emptied(file);
    const keys = changed.filter((key) => !isFixed(key));
    const files = changedFiles(current, next).filter((path) => path !== file);
    if (keys.length + files.length > 0) {
      await apply(next);
      logger.info(
        { file, ...(keys.length > 0 ? { keys } : {}), ...(files.length > 0 ? { files } : {}) },
        'configuration applied',
      );
    } else if (isRejected) logger.info({ file }, 'configuration valid again; it is the one in use');
    logRestart(next);
    current = next;
  };

  const reject = (error: unknown): void => {
    isRejected = true;
    onReload?.('failure');
    logger.error({ file, err: error }, 'configuration rejected; the previous one stays in use');
  };

  return async (found: Reading<State>): Promise<void> => {
    try {
      if ('error' in found) throw found.error;
      await accept(found.state);
      isRejected = false;
      onReload?.('success');
    } catch (error) {
      reject(error);
    }
  };
}

type Reading<State> = { readonly text: string } & ({ readonly state: State } | { readonly error: unknown });

/** Returns a reading with a text that is the same for equal readings. */
async function readOnce<State extends ReadConfiguration>(
  read: () => Promise<State>,
): Promise<Reading<State>> {
  try {
    const state = await read();
    const digests = [...state.contents].map(([path, digest]) => `${path} ${digest}`);
    return { state, text: digests.toSorted().join('\n') };
  } catch (error) {
    return { error, text: describeError(error) };
  }
}

/** Returns false if the signal fired. The timer keeps no process alive. */
async function sleep(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(milliseconds, undefined, { signal, ref: false });
    return true;
  } catch {
    return false;
  }
}

/** What is in use when following begins. */
interface Initial<State> {
  readonly state: State;
  /** Why `read` would reject the files as they are; null if it would not. */
  readonly problem: AppError | null;
}

/**
 * Polls all files of the configuration until the signal fires, and applies what has changed as a whole. If anything in them is
 * invalid, nothing changes but the log and `onReload`. Change notifications would miss the folders that the kubelet swaps, and
 * modification times are unreliable, so contents are compared. Files that keep changing are read less and less often.
 */
export async function followConfiguration<State extends ReadConfiguration>(
  options: FollowOptions<State>,
  initial: Initial<State>,
  signal: AbortSignal,
): Promise<void> {
  const times: Times = { ...FOLLOW_TIMES, ...options.times };
  const reload = createReload(options, initial);
  const { state, problem } = initial;
  let { text: known } = await readOnce(() =>
    problem === null ? Promise.resolve(state) : Promise.reject(problem),
  );
  let wait = times.shortest;
  let changes = 0;
  while (await sleep(wait, signal)) {
    const started = performance.now();
    const found = await readOnce(options.read);
    const milliseconds = performance.now() - started;
    const isNew = found.text !== known;
    if (isNew && (await sleep(times.settle, signal))) {
      const again = await readOnce(options.read);
      // Files that never settle must not hold back a change for good.
      if (again.text === found.text || wait >= times.longest) {
        known = again.text;
        await reload(again);
      }
    }
    changes = isNew ? changes + 1 : Math.floor(changes / 2);
    wait = Math.min(Math.max(waitAfter(changes, times), milliseconds * times.perReading), times.longest);
  }
}
