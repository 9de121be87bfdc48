import type { UnknownReason } from '../detect/verdict.ts';
import { AppError } from '../lib/errors.ts';

/** Codes of files that are no image, or do not say which of their images is meant. */
export type ImageFileErrorCode = 'unusable-image-file';

/** Creates the error of a file that cannot be used at all: the user named the wrong one, or a damaged one. */
export function imageFileError(
  path: string,
  state: string,
  options: { readonly advice?: string; readonly cause?: unknown } = {},
): AppError<ImageFileErrorCode> {
  return new AppError('unusable-image-file', `Cannot read "${path}": ${state}`, {
    blame: 'input',
    ...options,
  });
}

/** Creates the error of one image in a file, which is unknown because of it, as if a registry had failed. */
export function imageError(
  name: string,
  reason: UnknownReason,
  { state, advice }: { readonly state: string; readonly advice?: string },
): AppError<UnknownReason> {
  return new AppError(
    reason,
    `Cannot read image "${name}": ${state}`,
    advice === undefined ? {} : { advice },
  );
}
