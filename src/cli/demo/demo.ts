import type { Command } from '../command.ts';
import type { DemoDeps } from './run-demo.ts';

/** @param load called only where the command is run: the webhook has no use for what it brings */
export function demoCommand(load: () => Promise<DemoDeps>): Command {
  return {
    name: 'demo',
    summary: 'Show on this machine, without a cluster, what the webhook does with a handful of Pods.',
    flags: [],
    examples: [
      { command: 'wasmgate demo', says: 'It ends by itself, with exit code 0 if all is as it promises' },
      { command: 'FORCE_COLOR=1 wasmgate demo | less -R', says: 'Page by page' },
    ],
    run: async (_input, io) => {
      const { runDemo } = await import('./run-demo.ts');
      return runDemo(await load(), io);
    },
  };
}
