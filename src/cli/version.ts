import { EXIT_CODES, type Command } from './command.ts';

export function versionCommand(version: string): Command {
  return {
    name: 'version',
    summary: 'Print the version.',
    flags: [],
    examples: [],
    run: (_input, io) => {
      io.stdout.write(`wasmgate ${version}\n`);
      return Promise.resolve(EXIT_CODES.ok);
    },
  };
}
