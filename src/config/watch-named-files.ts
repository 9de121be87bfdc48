import type { Logger } from '../lib/logger.ts';
import { poll } from './follow-file.ts';

/** The kubelet updates ConfigMaps and Secrets within about a minute, and a change is only logged. */
const INTERVAL_MILLISECONDS = 60_000;

export interface NamedFilesState {
  /** Contents by path. */
  readonly contents: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

export interface WatchOptions {
  readonly read: () => Promise<NamedFilesState>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly intervalMilliseconds?: number;
}

type Contents = NamedFilesState['contents'];

function changedFiles(before: Contents, after: Contents): readonly string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).toSorted();
}

/**
 * Logs each change to the files that the configuration names, until the signal fires. wasmgate reads them at its start only,
 * so their author must know that a change needs a restart.
 * @returns once the initial contents are known
 */
export async function watchNamedFiles(
  { read, logger, intervalMilliseconds = INTERVAL_MILLISECONDS }: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const { contents: initial } = await read();
  if (initial.size === 0) return;
  let logged = JSON.stringify([[], []]);
  const check = async (): Promise<void> => {
    const { contents, problems } = await read();
    const files = changedFiles(initial, contents);
    const state = JSON.stringify([files, problems]);
    if (state === logged) return;
    logged = state;
    if (problems.length > 0)
      logger.error(
        { files, problems },
        'files named in the configuration are invalid; the previous ones stay in use',
      );
    else if (files.length > 0)
      logger.warn({ files }, 'changed files named in the configuration apply only after a restart');
    else logger.info({}, 'files named in the configuration are as they were at the start');
  };
  poll(check, intervalMilliseconds, signal).catch((error: unknown) =>
    logger.error({ err: error }, 'stopped watching the files named in the configuration'),
  );
}
