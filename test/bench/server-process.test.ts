import { describe, expect, test } from 'vitest';
import type { Bench } from './bench-row.ts';
import { startServer } from './server-process.ts';

/** A server needs no more of it. */
const BENCH = {
  pinning: { prefix: [], processors: null, description: '' },
  bundle: { certificate: { caCert: '' } },
  isQuick: true,
} as unknown as Bench;

describe('a server cannot start', () => {
  test('that ends without a port', async () => {
    const starting = startServer({ args: ['--eval', 'console.log("no luck")'] }, BENCH);
    await expect(starting).rejects.toThrow('it has printed no port\nno luck');
  });

  test('that ends before it is ready', async () => {
    const starting = startServer({ args: ['--eval', 'console.log(JSON.stringify({ port: 1 }))'] }, BENCH);
    await expect(starting).rejects.toThrow('it has ended, or takes too long');
  });
});
