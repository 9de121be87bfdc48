import type { Command } from '../command.ts';
import type { DemoDeps } from './run-demo.ts';

/** @param load called only if the command runs, so that the webhook does not load its dependencies */
export function demoCommand(load: () => Promise<DemoDeps>): Command {
  return {
    name: 'demo',
    summary: 'Show, without a cluster, what the webhook does with a handful of Pods.',
    flags: [{ name: 'full', description: 'Print each Pod whole, with all evidence and its diff.' }],
    examples: [
      { command: 'wasmgate demo', explanation: 'Exits with 0 if every Pod is treated as expected' },
      {
        command: 'COLUMNS=120 FORCE_COLOR=1 wasmgate demo --full | less -R',
        explanation:
          'Everything, page by page. In a pipe, COLUMNS sets the width (default 80, from 40 to 120)',
      },
    ],
    run: async ({ flags }, io) => {
      const { runDemo } = await import('./run-demo.ts');
      return runDemo(await load(), io, { isFull: flags.has('full') });
    },
  };
}
