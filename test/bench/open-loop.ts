import { dueAt } from './statistics.ts';

export interface OpenLoop<Lane> {
  readonly perSecond: number;
  readonly count: number;
  /** Connections; each has one request at a time. */
  readonly lanes: readonly Lane[];
  readonly ask: (lane: Lane, onAnswer: () => void, onFail: (error: Error) => void) => void;
  /** Milliseconds. */
  readonly now?: () => number;
  /** Calls back soon. */
  readonly soon?: (callback: () => void) => void;
}

/**
 * Sends requests at a constant rate, however long answers take, and resolves with their latencies in milliseconds. Latency
 * counts from the time at which a request was due, even if no connection was free then. Rejects with the first failure.
 */
export function runOpenLoop<Lane>(options: OpenLoop<Lane>): Promise<readonly number[]> {
  const { perSecond, count, lanes, ask, now = () => performance.now(), soon = setImmediate } = options;
  const { promise, resolve, reject } = Promise.withResolvers<readonly number[]>();
  const idle = [...lanes];
  const latencies: number[] = [];
  const started = now();
  let sent = 0;
  let hasFailed = false;

  const fail = (error: Error): void => {
    hasFailed = true;
    reject(error);
  };
  const send = (lane: Lane): void => {
    const due = started + dueAt(sent, perSecond);
    sent += 1;
    const onAnswer = (): void => {
      latencies.push(now() - due);
      idle.push(lane);
      sendDue();
    };
    ask(lane, onAnswer, fail);
  };
  const isDue = (): boolean => !hasFailed && sent < count && started + dueAt(sent, perSecond) <= now();
  const sendDue = (): void => {
    while (isDue()) {
      const lane = idle.pop();
      if (lane === undefined) return;
      send(lane);
    }
  };
  // Turns all the time: a timer would be up to a millisecond late.
  const turn = (): void => {
    sendDue();
    if (latencies.length === count) resolve(latencies);
    else if (!hasFailed) soon(turn);
  };
  turn();
  return promise;
}
