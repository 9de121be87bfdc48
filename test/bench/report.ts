import type { LargePod } from './large-pods.ts';
import type { Starts } from './starts.ts';
import type { Round, Throughput } from './throughput.ts';

export interface Figures {
  readonly node: string;
  readonly pinning: string;
  readonly throughput: Throughput;
  readonly inCluster: Starts;
  readonly withKubeconfig: Starts;
  readonly largePods: readonly LargePod[];
}

/** The goals. */
const TARGETS = { ratio: 0.8, memory: 90, readyMilliseconds: 500, decisionMilliseconds: 250 } as const;

/** Below this a server waited for the load or for its processor. Its rate by CPU time is still valid. */
const FULLY_BUSY = 0.9;

const IDLE_REMARK = '  Not fully busy: this machine has other work, or the load is too light for it.';

function row(name: string, value: string, remark: string): string {
  return `${name.padEnd(46)}${value.padStart(10)}   ${remark}`;
}

function mebibytes(memory: number | null): string {
  return memory === null ? 'unknown' : `${memory.toFixed(0)} MiB`;
}

function describeRound(name: string, round: Round): string {
  const remark = `${round.perSecond.toFixed(0)}/s by the clock, server ${percent(round.busy)} busy`;
  return row(`  ${name}, by second and core`, round.perCore.toFixed(0), remark);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function describeStarts(name: string, { memory, readyMilliseconds }: Starts): readonly string[] {
  return [
    row(`idle memory, ${name}`, mebibytes(memory), `at most ${TARGETS.memory} MiB`),
    row(
      `time to ready, ${name}`,
      `${readyMilliseconds.toFixed(0)} ms`,
      `at most ${TARGETS.readyMilliseconds} ms`,
    ),
  ];
}

function describeLargePod({ name, milliseconds }: LargePod): string {
  const most = `at most ${TARGETS.decisionMilliseconds} ms`;
  return row(`one decision, ${name}`, `${milliseconds.toFixed(1)} ms`, most);
}

/** A table for people. */
export function describeFigures(figures: Figures): string {
  const { node, pinning, throughput, inCluster, withKubeconfig, largePods } = figures;
  const { ratio, ratios, webhook, bareFastify, memoryAfterLoad } = throughput;
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  return [
    `Node ${node}, ${pinning}`,
    '',
    row('warm mutate decisions ÷ bare Fastify', ratio.toFixed(2), `at least ${TARGETS.ratio}; ${spread}`),
    describeRound('wasmgate', webhook),
    describeRound('bare Fastify', bareFastify),
    ...(Math.min(webhook.busy, bareFastify.busy) < FULLY_BUSY ? [IDLE_REMARK] : []),
    ...describeStarts('in a cluster', inCluster),
    ...describeStarts('with a kubeconfig', withKubeconfig),
    row('memory after the load', mebibytes(memoryAfterLoad), ''),
    ...largePods.map(describeLargePod),
  ].join('\n');
}
