import { AppError, describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';

/** Warns about a credential that cannot be read. As on a node, the lookup continues without it. */
export function logFailure(logger: Logger, error: unknown, subject: { readonly registry: string }): void {
  const advice = error instanceof AppError && error.advice !== null ? { advice: error.advice } : {};
  logger.warn({ ...subject, ...advice }, describeError(error));
}
