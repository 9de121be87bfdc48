import type { Logger } from './logger.ts';

export const DEFAULTS = {
  /** Lines in each stretch of time: enough to see what is wrong, and with which registry; metrics have the count of all. */
  most: 20,
  milliseconds: 10_000,
} as const;

export type ThrottleOptions = { readonly [Key in keyof typeof DEFAULTS]?: number } & {
  /** In milliseconds, from wherever. */
  readonly now?: () => number;
};

/**
 * Returns a function that logs warnings of one kind: at most so many in each interval, and with the next ones how many were
 * dropped. A tenant can name a thousand images a second that do not exist, and each line delays everything else.
 */
export function throttledWarn(
  logger: Pick<Logger, 'warn'>,
  message: string,
  options: ThrottleOptions = {},
): (fields: object) => void {
  const { most, milliseconds, now = () => performance.now() } = { ...DEFAULTS, ...options };
  let since = -Infinity;
  let count = 0;
  return (fields) => {
    const time = now();
    if (time - since >= milliseconds) {
      if (count > most) logger.warn({ untold: count - most }, `${message}, more often than was told`);
      since = time;
      count = 0;
    }
    count += 1;
    if (count <= most) logger.warn(fields, message);
  };
}
