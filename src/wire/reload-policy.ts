import { isDeepStrictEqual } from 'node:util';
import type { AssessPod } from '../assess/assessment.ts';
import { followFile } from '../config/follow-file.ts';
import { AppError } from '../lib/errors.ts';
import type { LeveledLogger } from '../telemetry/log.ts';

export interface Reload<Settings extends { readonly policy: unknown }> {
  readonly file: string;
  /** With the catalog and the connections that are there. */
  readonly assemble: (settings: Settings) => AssessPod;
  /** @throws AppError naming every problem */
  readonly parse: (text: string, file: string) => Settings;
  readonly logger: LeveledLogger;
  /** Told of each file that was taken, and of each that was not. */
  readonly onReload?: ((result: ReloadResult) => void) | undefined;
  readonly intervalMilliseconds?: number;
}

export type ReloadResult = 'success' | 'failure';

/** Sections beside `policy` that differ: they are read at the start only. */
function changedSections(before: object, after: object): readonly string[] {
  const known = new Map(Object.entries(before));
  return Object.entries(after)
    .filter(([name, value]) => name !== 'policy' && !isDeepStrictEqual(value, known.get(name)))
    .map(([name]) => name);
}

/** Nothing but blanks, comments and the begin of a document. */
function isEmpty(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(?:#|---\s*$|$)/.test(line));
}

/** At the start an empty file means every default; later it means, more likely, that something went wrong where it is made. */
function emptied(file: string): AppError<'empty-configuration'> {
  return new AppError('empty-configuration', `Cannot take configuration "${file}": it is empty now`, {
    advice: 'Where every default is meant: write apiVersion and kind into it, or restart.',
  });
}

/**
 * The use case under the policy that the file has now. A file that is wrong is told in the log and changes nothing;
 * admissions under way end under the policy they began with.
 * @param settings with which it begins, read from the file just now
 */
export function reloadPolicy<Settings extends { readonly policy: unknown }>(
  { file, assemble, parse, logger, onReload, ...timing }: Reload<Settings>,
  settings: Settings,
  signal: AbortSignal,
): AssessPod {
  let { policy } = settings;
  let assess = assemble(settings);
  // What the command line overrides in `settings` is no change of the file.
  let begun: Settings | undefined;
  let isFirst = true;
  const take = (next: Settings): void => {
    const sections = changedSections((begun ??= next), next);
    if (sections.length > 0) logger.warn({ file, sections }, 'changed sections apply after a restart only');
    if (isDeepStrictEqual(next.policy, policy)) return;
    assess = assemble(next);
    ({ policy } = next);
    isFirst = false;
    logger.info({ file }, 'a new policy applies');
  };
  const onText = (text: string): void => {
    const next = parse(text, file);
    if (isEmpty(text) && !isDeepStrictEqual(next.policy, policy)) throw emptied(file);
    take(next);
    // The first look usually finds what it began with, and that is no reload.
    if (!isFirst) onReload?.('success');
    isFirst = false;
  };
  const onProblem = (error: unknown): void => {
    isFirst = false;
    onReload?.('failure');
    logger.error({ file, err: error }, 'the configuration is not taken; the one before stays');
  };
  // Never rejects; it ends with the signal.
  void followFile({ file, ...timing }, { onText, onProblem }, signal);
  return (request) => assess(request);
}
