import type { Metrics } from './metrics.ts';

const DEFAULTS = {
  /** Seldom enough to cost nothing, often enough that a loop that hangs for half a second is always seen. */
  lagMilliseconds: 500,
  /** An admission answered from memory takes a tenth of a millisecond; at a second the API server's patience is at stake. */
  lagBounds: [0.001, 0.005, 0.02, 0.1, 0.5, 1, 5],
} as const;

/** How late a timer comes is how long what arrived meanwhile has waited. */
function followLag(metrics: Metrics, signal: AbortSignal): void {
  const lag = metrics
    .histogram({
      name: 'wasmgate_event_loop_lag_seconds',
      help: 'How late a timer came that is set every half second: what arrived meanwhile has waited as long.',
      bounds: DEFAULTS.lagBounds,
    })
    .of({});
  let due = performance.now() + DEFAULTS.lagMilliseconds;
  const timer = setInterval(() => {
    const now = performance.now();
    lag.observe(Math.max(0, now - due) / 1000);
    due = now + DEFAULTS.lagMilliseconds;
  }, DEFAULTS.lagMilliseconds);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

/** Under the names that dashboards know from other programs. */
export function addProcessMetrics(metrics: Metrics, signal: AbortSignal): void {
  metrics.readings({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time spent, in seconds.',
    type: 'counter',
    read: () => {
      const { user, system } = process.cpuUsage();
      return [[{}, (user + system) / 1e6]];
    },
  });
  metrics.readings({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    type: 'gauge',
    read: () => [[{}, process.memoryUsage.rss()]],
  });
  metrics.readings({
    name: 'process_start_time_seconds',
    help: 'Start time of the process since the Unix epoch in seconds.',
    type: 'gauge',
    read: () => [[{}, performance.timeOrigin / 1000]],
  });
  metrics.readings({
    name: 'nodejs_heap_size_used_bytes',
    help: 'JavaScript heap in use, in bytes.',
    type: 'gauge',
    read: () => [[{}, process.memoryUsage().heapUsed]],
  });
  followLag(metrics, signal);
}
