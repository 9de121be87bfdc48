import type { Command } from '../command.ts';
import type { DemoDeps } from './run-demo.ts';

export function demoCommand(deps: DemoDeps): Command {
  return {
    name: 'demo',
    summary: 'Show on this machine, without a cluster, what the webhook does with a handful of Pods.',
    flags: [],
    examples: [
      { command: 'wasmgate demo', says: 'It ends by itself, with exit code 0 if all is as it promises' },
      { command: 'FORCE_COLOR=1 wasmgate demo | less -R', says: 'Page by page' },
    ],
    // Loaded when asked for: a webhook that serves for months carries no demo.
    run: async (_input, io) => (await import('./run-demo.ts')).runDemo(deps, io),
  };
}
