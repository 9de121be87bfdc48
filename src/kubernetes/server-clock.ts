export interface ServerClock {
  /** Notes the `Date` header of a response. */
  readonly onDate: (header: string) => void;
  readonly now: () => Date;
}

/**
 * A clock that follows that of the API server, which judges certificates: the clock of a node may be months ahead or behind.
 * Between responses it counts by a monotonic clock. Before the first one it is the clock of the node.
 */
export function createServerClock(elapsed: () => number = () => performance.now()): ServerClock {
  let last: { readonly time: number; readonly at: number } | null = null;
  return {
    onDate: (header) => {
      const time = Date.parse(header);
      if (!Number.isNaN(time)) last = { time, at: elapsed() };
    },
    now: () => new Date(last === null ? Date.now() : last.time + elapsed() - last.at),
  };
}
