import type { Command } from '../command.ts';
import { FLAGS } from './flags.ts';
import type { InspectDeps } from './inspect-request.ts';

/** @param load called only where the command is run: the webhook has no use for what it brings */
export function inspectCommand(load: () => Promise<InspectDeps>): Command {
  return {
    name: 'inspect',
    summary: 'Tell what an image is, whether nodes can pull it and which handlers run it.',
    positionals: 'IMAGE',
    flags: FLAGS,
    examples: [
      { command: 'wasmgate inspect ghcr.io/example/app:1', says: 'With the logins that docker has' },
      {
        command: 'wasmgate inspect localhost:5000/app --command /app.wasm -o json',
        says: 'As a Pod with this command would run it, for a script',
      },
      {
        command: 'wasmgate inspect registry.example/app --username me --password-stdin < password.txt',
        says: 'With a login of its own',
      },
    ],
    run: async (input, io) => {
      const { runInspect } = await import('./run-inspect.ts');
      return runInspect(input, io, await load());
    },
  };
}
