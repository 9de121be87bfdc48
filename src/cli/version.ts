import { EXIT_CODES, type Command } from './command.ts';
import { flagChoice } from './parse-arguments.ts';

const OUTPUTS = ['text', 'json'] as const;

/** The keys of `-o json`, which are stable. */
export interface VersionReport {
  /** wasmgate's own version. */
  readonly version: string;
  /** The version of Node that runs it. */
  readonly node: string;
  /** Operating system and architecture, as Kubernetes spells them: `linux/amd64`. */
  readonly platform: string;
}

export function versionCommand(report: VersionReport): Command {
  return {
    name: 'version',
    summary: 'Print the version.',
    flags: [
      {
        name: 'output',
        short: 'o',
        placeholder: 'FORMAT',
        description: 'Output format (default text). json: version, node and platform; these keys are stable.',
        choices: OUTPUTS,
      },
    ],
    examples: [{ command: 'wasmgate version -o json | jq -r .version', explanation: 'For a script' }],
    run: (input, io) => {
      const isJson = flagChoice(input, 'output', OUTPUTS) === 'json';
      io.stdout.write(isJson ? `${JSON.stringify(report, null, 2)}\n` : `wasmgate ${report.version}\n`);
      return Promise.resolve(EXIT_CODES.ok);
    },
  };
}
