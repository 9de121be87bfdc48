import { isDeepStrictEqual } from 'node:util';
import type { AssessPod } from './assess/assessment.ts';
import { followFile } from './config/follow-file.ts';
import type { LeveledLogger } from './telemetry/log.ts';

export interface Reload<Settings extends { readonly policy: unknown }> {
  readonly file: string;
  /** With the catalog and the connections that are there. */
  readonly assemble: (settings: Settings) => AssessPod;
  /** @throws AppError naming every problem */
  readonly parse: (text: string, file: string) => Settings;
  readonly logger: LeveledLogger;
  readonly intervalMilliseconds?: number;
}

/** Sections beside `policy` that differ: they are read at the start only. */
function changedSections(before: object, after: object): readonly string[] {
  const known = new Map(Object.entries(before));
  return Object.entries(after)
    .filter(([name, value]) => name !== 'policy' && !isDeepStrictEqual(value, known.get(name)))
    .map(([name]) => name);
}

/**
 * The use case under the policy that the file has now. A file that is wrong is told in the log and changes nothing;
 * admissions under way end under the policy they began with.
 * @param settings with which it begins, read from the file just now
 */
export function assessUnderFile<Settings extends { readonly policy: unknown }>(
  { file, assemble, parse, logger, ...timing }: Reload<Settings>,
  settings: Settings,
  signal: AbortSignal,
): AssessPod {
  let { policy } = settings;
  let assess = assemble(settings);
  // What the command line overrides in `settings` is no change of the file.
  let begun: Settings | undefined;
  const onText = (text: string): void => {
    const next = parse(text, file);
    const sections = changedSections((begun ??= next), next);
    if (sections.length > 0) logger.warn({ file, sections }, 'changed sections apply after a restart only');
    if (isDeepStrictEqual(next.policy, policy)) return;
    assess = assemble(next);
    ({ policy } = next);
    logger.info({ file }, 'a new policy applies');
  };
  const onProblem = (error: unknown): void =>
    logger.error({ file, err: error }, 'the configuration is not taken; the one before stays');
  // Never rejects; it ends with the signal.
  void followFile({ file, ...timing }, { onText, onProblem }, signal);
  return (request) => assess(request);
}
