import { AppError, describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';

/** Told, and no reason to stop: as on a node, the image is tried without the credential that cannot be had. */
export function logFailure(logger: Logger, error: unknown, subject: { readonly registry: string }): void {
  const advice = error instanceof AppError && error.advice !== null ? { advice: error.advice } : {};
  logger.warn({ ...subject, ...advice }, describeError(error));
}
