/** Returns what keeps the webhook from serving now; empty if nothing does. */
export type WaitingFor = () => readonly string[];

export interface Health {
  readonly waitingFor: WaitingFor;
  /** Reports not ready from now on: the Service removes this replica before the socket closes. */
  readonly drain: () => void;
}

export function createHealth(waitingFor: WaitingFor): Health {
  let draining = false;
  return {
    waitingFor: () => (draining ? ['shutting down'] : waitingFor()),
    drain: () => {
      draining = true;
    },
  };
}
