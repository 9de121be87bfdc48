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
  const {
    most,
    mostOfNamespace,
    milliseconds,
    now = () => performance.now(),
  } = {
    ...THROTTLE_LIMITS,
    ...options,
  };
  const ofNamespace = new Map<string, number>();
  let since = -Infinity;
  let lines = 0;
  let dropped = 0;

  function startInterval(time: number): void {
    if (dropped > 0) logger.warn({ dropped }, `${message}; more such warnings were dropped`);
    since = time;
    lines = 0;
    dropped = 0;
    ofNamespace.clear();
  }

  /** Counts a line of a namespace. Returns false if it has had its part. */
  function takesPart(namespace: string | undefined): boolean {
    if (namespace === undefined) return true;
    const own = ofNamespace.get(namespace) ?? 0;
    if (own >= mostOfNamespace) return false;
    ofNamespace.set(namespace, own + 1);
    return true;
  }

  return (fields, context = {}) => {
    const time = now();
    if (time - since >= milliseconds) startInterval(time);
    if (lines >= most || !takesPart(context.namespace)) {
      dropped += 1;
      return;
    }
    lines += 1;
    logger.warn(fields, context.message ?? message);
  };
}
