import { limitLines } from './limit-lines.ts';
import type { Logger } from './logger.ts';

export const THROTTLE_LIMITS = {
  /** Lines per interval: enough to see what fails, and at which registry; metrics count all. */
  most: 20,
  /** The part of it that one namespace may use: a tenant must not keep out the lines of others. */
  mostOfNamespace: 5,
  milliseconds: 10_000,
} as const;

export type ThrottleOptions = { readonly [Key in keyof typeof THROTTLE_LIMITS]?: number } & {
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
};

/** What else is known of one warning. */
export interface WarningContext {
  /** The namespace that caused it, if one did. */
  readonly namespace?: string;
  /** Replaces the message. */
  readonly message?: string;
}

export type ThrottledWarn = (fields: object, context?: WarningContext) => void;

/**
 * Returns a function that logs warnings of one kind: a limited number per interval, then how many it dropped. A tenant can
 * name a thousand missing images a second, and each line delays everything else.
 */
export function throttledWarn(
  logger: Pick<Logger, 'warn'>,
  message: string,
  options: ThrottleOptions = {},
): ThrottledWarn {
  const { now, ...limits } = { ...THROTTLE_LIMITS, ...options };
  const isWithinLimits = limitLines(
    limits,
    (dropped) => logger.warn({ dropped }, `${message}; more such warnings were dropped`),
    now,
  );
  return (fields, { namespace, message: text = message } = {}) => {
    if (isWithinLimits(namespace)) logger.warn(fields, text);
  };
}
