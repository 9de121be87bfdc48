import type { Deadline } from '../assess/deadline.ts';
import type { Logger } from '../lib/logger.ts';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import type { MemoryBudget } from './memory-budget.ts';

/** The longest name of a namespace (DNS label, RFC 1123). */
const NAMESPACE_CHARACTERS = 63;

interface CutDeadline extends Deadline {
  /** Ends the time that is left. */
  readonly cut: () => void;
}

/** A deadline that can be brought forward; what waits for it then times out, as it would have later. Costs nothing unasked. */
export function createCutDeadline(deadline: Deadline): CutDeadline {
  let cutting: AbortController | undefined;
  let signal: AbortSignal | undefined;
  return {
    signal: () => {
      cutting ??= new AbortController();
      signal ??= AbortSignal.any([deadline.signal(), cutting.signal]);
      return signal;
    },
    cut: () => {
      cutting ??= new AbortController();
      cutting.abort(new DOMException('There is no memory to wait', 'TimeoutError'));
    },
  };
}

interface Waiter {
  /** The namespace: the registries of one tenant must not use up the room of all. */
  readonly owner: string;
  readonly bytes: number;
  readonly cut: () => void;
}

/**
 * Counts what is held while an admission waits, which is the parsed Pod. If there is no room for it, the admission does not
 * wait: it is decided as after a time-out, and the look-ups go on for the next Pod of the image.
 */
export function createWaiting(budget: MemoryBudget, logger: Pick<Logger, 'warn'>) {
  const warnOfRoom = throttledWarn(logger, 'too many Pods wait for registries; admission decided without');
  return async <Value>(pending: Promise<Value>, { owner, bytes, cut }: Waiter): Promise<Value> => {
    const lease = budget.lease(owner);
    if (!lease.resize(bytes)) {
      warnOfRoom({ namespace: stripControlCharacters(owner.slice(0, NAMESPACE_CHARACTERS)), bytes });
      cut();
    }
    try {
      return await pending;
    } finally {
      lease.release();
    }
  };
}
