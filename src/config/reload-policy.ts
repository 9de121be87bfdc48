import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { followFile } from './follow-file.ts';

export interface ReloadOptions<Settings extends { readonly policy: unknown }, Use> {
  readonly file: string;
  /** Creates the parts that depend on the policy. */
  readonly assemble: (settings: Settings) => Use;
  /** @throws AppError naming every problem */
  readonly parse: (text: string, file: string) => Settings;
  readonly logger: Logger;
  /** Called for each changed file. */
  readonly onReload?: ((result: 'success' | 'failure') => void) | undefined;
  readonly intervalMilliseconds?: number;
}

/** Returns the changed sections beside `policy`, which wasmgate reads at its start only. */
function changedSections(before: object, after: object): readonly string[] {
  const known = new Map(Object.entries(before));
  return Object.entries(after)
    .filter(([name, value]) => name !== 'policy' && !isDeepStrictEqual(value, known.get(name)))
    .map(([name]) => name);
}

/** Reports whether a text has only blank lines, comments and document markers. */
function isEmpty(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(?:#|---\s*$|$)/.test(line));
}

/** At the start, an empty file means all defaults; later, whatever writes it has more likely failed. */
function emptied(file: string): AppError<'empty-configuration'> {
  return new AppError('empty-configuration', `Cannot apply configuration "${file}": it is empty now`, {
    advice: 'If you mean all defaults, write apiVersion and kind into it, or restart.',
  });
}

/**
 * Returns a function that returns the parts for the file's current policy. An invalid file changes nothing but the log. An
 * admission in progress keeps the policy that it began with.
 * @param settings initial settings, just read from the file
 */
export function reloadPolicy<Settings extends { readonly policy: unknown }, Use>(
  { file, assemble, parse, logger, onReload, ...timing }: ReloadOptions<Settings, Use>,
  settings: Settings,
  signal: AbortSignal,
): () => Use {
  let { policy } = settings;
  let current = assemble(settings);
  // The file's own settings: what the command line overrides in `settings` is no change of the file.
  let initial: Settings | undefined;
  let isFirst = true;
  let isRejected = false;
  const apply = (next: Settings): void => {
    const sections = changedSections((initial ??= next), next);
    if (sections.length > 0) logger.warn({ file, sections }, 'changed sections apply only after a restart');
    if (isDeepStrictEqual(next.policy, policy)) {
      if (isRejected) logger.info({ file }, 'configuration valid again; its policy is the one in use');
      return;
    }
    current = assemble(next);
    ({ policy } = next);
    isFirst = false;
    logger.info({ file }, 'new policy applied');
  };
  const onText = (text: string): void => {
    const next = parse(text, file);
    if (isEmpty(text) && !isDeepStrictEqual(next.policy, policy)) throw emptied(file);
    apply(next);
    isRejected = false;
    // The first text is usually the initial one, and so no reload.
    if (!isFirst) onReload?.('success');
    isFirst = false;
  };
  const onProblem = (error: unknown): void => {
    isFirst = false;
    isRejected = true;
    onReload?.('failure');
    logger.error({ file, err: error }, 'configuration rejected; the previous one stays in use');
  };
  // Never rejects, and ends with the signal.
  void followFile({ file, ...timing }, { onText, onProblem }, signal);
  return () => current;
}
