import type { Logger } from '../ports.ts';

export const DEFAULTS = {
  /** Lines in each stretch of time: enough to see what is wrong, and with which registry; metrics have the count of all. */
  most: 20,
  milliseconds: 10_000,
} as const;

export type TellOptions = { readonly [Key in keyof typeof DEFAULTS]?: number } & {
  /** In milliseconds, from wherever. */
  readonly now?: () => number;
};

/**
 * Warnings of one kind: some as they come, and how many more there were with the next ones. Whoever may create Pods can name a
 * thousand images in a second that nobody has, and lines are written before anything else is done.
 */
export function tellSome(
  logger: Pick<Logger, 'warn'>,
  message: string,
  options: TellOptions = {},
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
