import type { UnknownReason } from '../detect/verdict.ts';
import { AppError, describeError } from '../lib/errors.ts';
import type { ImageQuestion } from './image-answer.ts';

/** Failures that another login could cure: registries hide repositories from strangers with 404. */
const MAY_WANT_A_LOGIN: ReadonlySet<string> = new Set(['unauthorized', 'not-found']);

const ADVICE = 'Keep only the entries for registries that this Pod uses in its pull secrets.';

/** The part of a registry's failure that does not repeat the image. */
function stateOf(error: AppError): string {
  return 'state' in error && typeof error.state === 'string' ? error.state : describeError(error);
}

/**
 * Returns the failure as `unauthorized`, with the bound that a pull secret went over, if the login that was left out could
 * have cured it; otherwise the failure as it is. The bound comes first: the API server cuts long warnings.
 */
export function nameShortfalls(
  error: unknown,
  { image }: Pick<ImageQuestion, 'image'>,
  shortfalls: readonly string[],
): unknown {
  const [first, ...more] = shortfalls;
  if (first === undefined || !(error instanceof AppError) || !MAY_WANT_A_LOGIN.has(error.code)) return error;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return new AppError<UnknownReason>(
    'unauthorized',
    `Cannot read image "${image}": ${first}${others}; ${stateOf(error)}`,
    { advice: ADVICE },
  );
}
