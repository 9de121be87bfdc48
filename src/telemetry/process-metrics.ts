import { totalmem } from 'node:os';
import type { Metrics } from './metrics.ts';

const LAG = {
  /** Rare enough to cost nothing, frequent enough to catch any block of half a second. */
  intervalMilliseconds: 500,
  /** An admission from memory takes a tenth of a millisecond; at a second, the API server's timeout is near. */
  buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 1, 5],
} as const;

/** Measures how late a timer fires: requests that arrive meanwhile wait as long. */
function measureLag(metrics: Metrics, signal: AbortSignal): void {
  const lag = metrics
    .histogram({
      name: 'wasmgate_event_loop_lag_seconds',
      help: 'Delay of a timer that fires every half second; requests that arrived meanwhile waited as long.',
      buckets: LAG.buckets,
    })
    .of({});
  let due = performance.now() + LAG.intervalMilliseconds;
  const timer = setInterval(() => {
    const now = performance.now();
    lag.observe(Math.max(0, now - due) / 1000);
    due = now + LAG.intervalMilliseconds;
  }, LAG.intervalMilliseconds);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

/** Adds the process metrics that dashboards expect, under their usual names. */
export function addProcessMetrics(metrics: Metrics, signal: AbortSignal): void {
  metrics.reading({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time spent, in seconds.',
    type: 'counter',
    read: () => {
      const { user, system } = process.cpuUsage();
      return [[{}, (user + system) / 1e6]];
    },
  });
  metrics.reading({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    type: 'gauge',
    read: () => [[{}, process.memoryUsage.rss()]],
  });
  metrics.reading({
    name: 'wasmgate_memory_limit_bytes',
    help: 'Memory that the process may use: the limit of its container, or the memory of the machine without one.',
    type: 'gauge',
    // Without a limit, Node returns 0 or a number beyond all memory.
    read: () => [[{}, Math.min(process.constrainedMemory() || Infinity, totalmem())]],
  });
  metrics.reading({
    name: 'process_start_time_seconds',
    help: 'Start time of the process since the Unix epoch in seconds.',
    type: 'gauge',
    read: () => [[{}, performance.timeOrigin / 1000]],
  });
  metrics.reading({
    name: 'nodejs_heap_size_used_bytes',
    help: 'JavaScript heap in use, in bytes.',
    type: 'gauge',
    read: () => [[{}, process.memoryUsage().heapUsed]],
  });
  measureLag(metrics, signal);
}
