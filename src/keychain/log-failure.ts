import { AppError, describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';

/** Warns about credentials that cannot be read. As on a node, the lookup continues without them. */
export type LogFailure = (error: unknown, registry: string, advice?: string | null) => void;

/** Pods name the registries, so failures may come by the thousand. */
export function createLogFailure(logger: Pick<Logger, 'warn'>): LogFailure {
  const warn = throttledWarn(logger, 'cannot read credentials');
  return (error, registry, advice = error instanceof AppError ? error.advice : null) =>
    warn({ registry, ...(advice === null ? {} : { advice }) }, { message: describeError(error) });
}
