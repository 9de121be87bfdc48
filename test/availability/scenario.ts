import { setTimeout as sleep } from 'node:timers/promises';
import type { ProgramTimes } from '../support/e2e/wasmgate-with-times.ts';
import type { Creation, Load } from './pod-load.ts';
import type { AvailabilityStage } from './stage.ts';

/** How long the phases of a scenario take. */
export interface Pace {
  /** Before and after the fault. */
  readonly calmMilliseconds: number;
  /** Outage of the API server. */
  readonly outageMilliseconds: number;
  /** Restarts of both replicas, one after the other. */
  readonly rollouts: number;
  /** Renewals of the serving certificate. */
  readonly renewals: number;
  /** Between the creation of a CA and its use. */
  readonly overlapMilliseconds: number;
}

export interface Outcome {
  /** Of the namespace that fails closed. */
  readonly closed: readonly Creation[];
  /** Of the other namespace. */
  readonly open: readonly Creation[];
  /** Measured times and what else a reader wants to know. */
  readonly remarks: readonly string[];
  /** Empty if everything was as promised. */
  readonly faults: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly run: (stage: AvailabilityStage, pace: Pace) => Promise<Outcome>;
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

const SEEN = 3;

/** Returns a line for each kind of creation that must not occur, with its first messages. */
function faultsIn(
  where: string,
  creations: readonly Creation[],
  isAllowed: (one: Creation) => boolean,
): readonly string[] {
  const wrong = creations.filter((one) => one.result !== 'judged' && !isAllowed(one));
  const kinds = [...new Set(wrong.map(({ result }) => result))];
  return kinds.map((kind) => {
    const ofKind = wrong.filter(({ result }) => result === kind);
    const messages = [...new Set(ofKind.map(({ message }) => message))].slice(0, SEEN);
    const times = ofKind.slice(0, SEEN).map(({ at }) => seconds(at));
    return `${ofKind.length} of ${creations.length} Pods in a namespace that fails ${where} were ${kind} (at ${times.join(', ')}): ${messages.join(' | ')}`;
  });
}

interface Loaded {
  /** Reports creations that the fault excuses; times are those of `elapsed`. */
  readonly excuse?: (one: Creation) => boolean;
  readonly remarks?: readonly string[];
  readonly faults?: readonly string[];
}

/** Runs a fault under load in both namespaces, with calm before and after it. */
export async function underLoad(
  stage: AvailabilityStage,
  { calmMilliseconds }: Pace,
  fault: (elapsed: () => number) => Promise<Loaded>,
): Promise<Outcome> {
  const started = performance.now();
  const loads: readonly Load[] = await Promise.all([stage.startLoad('closed'), stage.startLoad('open')]);
  await sleep(calmMilliseconds);
  const { excuse = () => false, remarks = [], faults = [] } = await fault(() => performance.now() - started);
  await sleep(calmMilliseconds);
  const [closed = [], open = []] = await Promise.all(loads.map((load) => load.stop()));
  const none = [closed, open].some((creations) => creations.length === 0) ? ['no Pod was created'] : [];
  return {
    closed,
    open,
    remarks,
    faults: [...none, ...faults, ...faultsIn('closed', closed, excuse), ...faultsIn('open', open, excuse)],
  };
}

let started = 0;
export const nextName = (): string => `replacement-${(started += 1)}`;

/** Replaces every replica as a Deployment with maxSurge 1 and maxUnavailable 0 does. */
export async function rollOut(stage: AvailabilityStage, times: ProgramTimes = {}): Promise<void> {
  const running = Array.from(stage.replicas.keys());
  for (const old of running) {
    await stage.startReplica(nextName(), times);
    await stage.stopReplica(old);
  }
}
