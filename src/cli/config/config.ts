import { didYouMean } from '../../nearest-name.ts';
import type { Command } from '../command.ts';
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { usageError } from '../usage-error.ts';

export interface ConfigDeps {
  /** JSON Schema of the configuration file. */
  readonly schema: () => object;
  /** Sets of defaults that a file can choose from, the usual one first. */
  readonly scenarios: readonly [usual: string, ...others: string[]];
  /** Every default of one of them, as a file that could be used as it stands. */
  readonly defaults: (scenario: string) => string;
  /** @throws AppError naming every problem of the file */
  readonly check: (file: string) => Promise<unknown>;
}

const ACTIONS = ['schema', 'defaults', 'check'] as const;
type ConfigAction = (typeof ACTIONS)[number];

function readAction(word: string | undefined): ConfigAction {
  const action = ACTIONS.find((candidate) => candidate === word);
  if (action !== undefined) return action;
  const found = word === undefined ? '' : `, found "${word}".${didYouMean(word, ACTIONS)}`;
  throw usageError(`it takes one of ${ACTIONS.join(', ')}${found}`, 'config');
}

async function check(files: readonly string[], io: Io, deps: ConfigDeps): Promise<ExitCode> {
  if (files.length === 0) throw usageError('name the file to check: config check FILE', 'config');
  for (const file of files) {
    await deps.check(file);
    io.stdout.write(`${file}: no problem\n`);
  }
  return EXIT_CODES.ok;
}

function readScenario(word: string | undefined, { scenarios }: ConfigDeps): string {
  const [usual] = scenarios;
  if (word === undefined || scenarios.includes(word)) return word ?? usual;
  const hint = didYouMean(word, scenarios);
  throw usageError(`config defaults takes one of ${scenarios.join(', ')}, found "${word}".${hint}`, 'config');
}

async function run(words: readonly string[], io: Io, deps: ConfigDeps): Promise<ExitCode> {
  const [word, ...rest] = words;
  const action = readAction(word);
  if (action === 'check') return check(rest, io, deps);
  const scenario = action === 'defaults' ? readScenario(rest.shift(), deps) : '';
  const [extra] = rest;
  if (extra !== undefined)
    throw usageError(`config ${action} takes nothing more, found "${extra}"`, 'config');
  io.stdout.write(
    action === 'schema' ? `${JSON.stringify(deps.schema(), null, 2)}\n` : deps.defaults(scenario),
  );
  return EXIT_CODES.ok;
}

export function configCommand(deps: ConfigDeps): Command {
  return {
    name: 'config',
    summary: 'Print what the configuration file may hold, or check one.',
    positionals: 'schema | defaults [SCENARIO] | check FILE...',
    flags: [],
    examples: [
      {
        command: 'wasmgate config defaults > wasmgate.yaml',
        says: 'A file to begin with: every key, explained',
      },
      {
        command: 'wasmgate config defaults edge',
        says: 'What scenario edge has instead',
      },
      {
        command: 'wasmgate config check wasmgate.yaml',
        says: 'Every problem of a file, before it is rolled out',
      },
      {
        command: 'wasmgate config schema > wasmgate.schema.json',
        says: 'For editors; name it in a first line "# yaml-language-server: $schema=wasmgate.schema.json"',
      },
    ],
    run: ({ positionals }, io) => run(positionals, io, deps),
  };
}
