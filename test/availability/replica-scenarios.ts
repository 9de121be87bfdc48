import { setTimeout as sleep } from 'node:timers/promises';
import { nextName, rollOut, seconds, underLoad, type Scenario } from './scenario.ts';
import type { AvailabilityStage } from './stage.ts';

export const rollingRestart: Scenario = {
  name: 'rolling-restart',
  title: 'both replicas are replaced, one after the other',
  run: (stage, pace) =>
    underLoad(stage, pace, async () => {
      for (let turn = 0; turn < pace.rollouts; turn += 1) await rollOut(stage);
      return {};
    }),
};

/** Until three probes have failed, the Service sends connections to a replica that is gone. */
function probeMilliseconds(stage: AvailabilityStage): number {
  const { periodMilliseconds, failureThreshold } = stage.probing;
  return periodMilliseconds * (failureThreshold + 1);
}

export const killedReplica: Scenario = {
  name: 'killed-replica',
  title: 'one replica gets SIGKILL',
  run: (stage, pace) =>
    underLoad(stage, pace, async (elapsed) => {
      const [name = ''] = stage.replicas.keys();
      const replica = stage.replicas.get(name);
      const from = elapsed();
      await replica?.process.kill();
      stage.replicas.delete(name);
      await sleep(probeMilliseconds(stage));
      const until = elapsed();
      if (replica !== undefined) stage.service.remove(replica.port);
      await stage.startReplica(nextName());
      return {
        excuse: ({ at, milliseconds }) => at + milliseconds > from && at < until,
        remarks: [`the Service drops it after ${seconds(probeMilliseconds(stage))} at most`],
      };
    }),
};

const DAY = 24 * 60 * 60 * 1000;

export const wrongClock: Scenario = {
  name: 'clock-two-months-ahead',
  title: 'the clocks of the nodes of all replicas are two months ahead of the API server’s',
  run: (stage, pace) =>
    underLoad(stage, pace, async () => {
      await rollOut(stage, { clockOffset: 60 * DAY });
      await sleep(pace.calmMilliseconds);
      await rollOut(stage);
      return {};
    }),
};
