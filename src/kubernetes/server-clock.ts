export interface ServerClock {
  /** Notes the `Date` header of a response. */
  readonly onDate: (header: string) => void;
  readonly now: () => Date;
}

/** The `Date` header has whole seconds: the API server's clock is up to a second ahead of it. */
const HEADER_MILLISECONDS = 1000;

/**
 * A clock that follows that of the API server, which judges certificates: the clock of a node may be months ahead or behind.
 * Between responses it counts by a monotonic clock. A header that is less than a second behind does not set it back, so what is
 * due stays due. Before the first response it is the clock of the node.
 */
export function createServerClock(elapsed: () => number = () => performance.now()): ServerClock {
  /** The time by the API server when the monotonic clock was 0. */
  let origin: number | null = null;
  return {
    onDate: (header) => {
      const time = Date.parse(header);
      if (Number.isNaN(time)) return;
      const least = time - elapsed();
      if (origin === null || least > origin || origin - least >= HEADER_MILLISECONDS) origin = least;
    },
    now: () => new Date(origin === null ? Date.now() : origin + elapsed()),
  };
}
