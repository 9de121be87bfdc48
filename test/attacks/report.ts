import type { AttackFigures } from './run-attack.ts';

/** The goals for the neighbors of an attacker. */
export const GOALS = { judged: 0.99, freezeMilliseconds: 250, memory: 200 } as const;

/** Returns the goals that an attack made fail; empty if all are met. */
export function missedGoals({
  asked,
  judged,
  longestFreeze,
  peakMemory,
}: Pick<AttackFigures, 'asked' | 'judged' | 'longestFreeze' | 'peakMemory'>): readonly string[] {
  return [
    judged < GOALS.judged * asked ? `judged ${judged} of ${asked}` : '',
    longestFreeze > GOALS.freezeMilliseconds ? `froze for ${longestFreeze.toFixed(0)} ms` : '',
    peakMemory >= GOALS.memory ? `took ${peakMemory.toFixed(0)} MiB` : '',
  ].filter((missed) => missed !== '');
}

const HEAD = ['attack', 'judged', 'slowest', 'freeze', 'memory', ''];
const WIDTHS = [22, 10, 9, 8, 9, 0];

function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index === 0 ? cell.padEnd(WIDTHS[0] ?? 0) : cell.padStart(WIDTHS[index] ?? 0)))
    .join('  ')
    .trimEnd();
}

/** A table for people. */
export function describeFigures(all: readonly AttackFigures[]): string {
  const rows = all.map((figures) => {
    const { name, title, asked, judged, slowest, longestFreeze, peakMemory, failures } = figures;
    const missed = missedGoals(figures);
    const cells = [
      name,
      `${judged}/${asked}`,
      `${slowest.toFixed(0)} ms`,
      `${longestFreeze.toFixed(0)} ms`,
      `${peakMemory.toFixed(0)} MiB`,
      missed.length === 0 ? title : `MISSED: ${missed.join(', ')} (${title})`,
    ];
    return [line(cells), ...failures.map((failure) => `    ${failure.slice(0, 300)}`)].join('\n');
  });
  const { judged, freezeMilliseconds, memory } = GOALS;
  const goals = `Goals: at least ${100 * judged} % judged, no freeze over ${freezeMilliseconds} ms of CPU, memory under ${memory} MiB.`;
  return [line(HEAD), ...rows, goals].join('\n');
}
