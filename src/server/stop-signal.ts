import type { EventEmitter } from 'node:events';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * Resolves with the first request to stop. From then on the process is back at the default: a second Ctrl-C ends it at once.
 * @param source the process
 */
export function stopSignal(source: EventEmitter): Promise<StopSignal> {
  return new Promise((resolve) => {
    const stop = (signal: StopSignal): void => {
      for (const name of STOP_SIGNALS) source.off(name, stop);
      resolve(signal);
    };
    for (const name of STOP_SIGNALS) source.on(name, stop);
  });
}
