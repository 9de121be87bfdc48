import type { Logger } from './logger.ts';

export const THROTTLE_LIMITS = {
  /** Lines per interval: enough to see what fails, and at which registry; metrics count all. */
  most: 20,
  milliseconds: 10_000,
} as const;

export type ThrottleOptions = { readonly [Key in keyof typeof THROTTLE_LIMITS]?: number } & {
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
};

/**
 * Returns a function that logs warnings of one kind: a limited number per interval, then how many it dropped. A tenant can
 * name a thousand missing images a second, and each line delays everything else.
 */
export function throttledWarn(
  logger: Pick<Logger, 'warn'>,
  message: string,
  options: ThrottleOptions = {},
): (fields: object) => void {
  const { most, milliseconds, now = () => performance.now() } = { ...THROTTLE_LIMITS, ...options };
  let since = -Infinity;
  let count = 0;
  return (fields) => {
    const time = now();
    if (time - since >= milliseconds) {
      if (count > most) logger.warn({ dropped: count - most }, `${message}; more such warnings were dropped`);
      since = time;
      count = 0;
    }
    count += 1;
    if (count <= most) logger.warn(fields, message);
  };
}
