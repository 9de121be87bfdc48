import type { Creation } from './pod-load.ts';
import type { Outcome, Scenario } from './scenario.ts';

const RESULTS = ['judged', 'unjudged', 'denied', 'failed', 'unreachable'] as const;

function counts(creations: readonly Creation[]): string {
  return RESULTS.flatMap((result) => {
    const count = creations.filter((one) => one.result === result).length;
    return count === 0 ? [] : `${count} ${result}`;
  }).join(', ');
}

function slowest(creations: readonly Creation[]): string {
  const answered = creations.filter(({ result }) => result !== 'unreachable');
  return `${Math.round(Math.max(0, ...answered.map(({ milliseconds }) => milliseconds)))} ms`;
}

/** Describes a scenario's outcome in a few lines. */
export function describeOutcome({ name, title }: Scenario, outcome: Outcome): string {
  const { closed, open, remarks, faults } = outcome;
  return [
    `${faults.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${title}`,
    `       fails closed: ${counts(closed)}; slowest ${slowest(closed)}`,
    `       fails open:   ${counts(open)}; slowest ${slowest(open)}`,
    ...remarks.map((remark) => `       ${remark}`),
    ...faults.map((fault) => `       fault: ${fault}`),
  ].join('\n');
}
