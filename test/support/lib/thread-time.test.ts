import { createRequire } from 'node:module';
import { expect, test } from 'vitest';

const { threadMilliseconds } = createRequire(import.meta.url)('./thread-time.cjs') as {
  readonly threadMilliseconds: () => number;
};

/** Milliseconds of the clock: whoever has the processor meanwhile, this thread has some of it. */
function spin(milliseconds: number): void {
  for (const until = performance.now() + milliseconds; performance.now() < until;);
}

function processMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

test("a thread's CPU time is up to date, not that of the kernel's last tick", () => {
  const wholeBefore = processMilliseconds();
  const before = threadMilliseconds();
  const readings = Array.from({ length: 50 }, () => {
    const started = threadMilliseconds();
    spin(1);
    return threadMilliseconds() - started;
  });
  const all = threadMilliseconds() - before;
  const whole = processMilliseconds() - wholeBefore;
  expect(Math.min(...readings)).toBeGreaterThan(0);
  const sum = readings.reduce((total, reading) => total + reading, 0);
  expect(sum).toBeLessThanOrEqual(all + 0.001);
  // Allows for the readings themselves, and for rounding.
  expect(sum).toBeGreaterThan(all / 2);
  expect(all).toBeLessThanOrEqual(whole + 0.01);
});
