/** Why the webhook should not be asked now, in words; empty when it may be. */
export type WaitingFor = () => readonly string[];

export interface Health {
  readonly waitingFor: WaitingFor;
  /** From now on not ready: the Service takes this replica out before the socket closes. */
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
