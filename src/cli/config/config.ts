import { AppError, describeError } from '../../lib/errors.ts';
import { didYouMean } from '../../lib/nearest-name.ts';
import type { Command, ParsedArguments } from '../command.ts';
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { usageError } from '../usage-error.ts';

export interface CheckedFile {
  readonly absent: readonly string[];
  /** What works otherwise than it looks. */
  readonly notes: readonly string[];
}

export interface ConfigDeps {
  /** JSON Schema of the configuration file. */
  readonly schema: () => object;
  /** Sets of defaults that a file can choose from, the usual one first. */
  readonly scenarios: readonly [usual: string, ...others: string[]];
  /** Every default of one of them, as a file that could be used as it stands. */
  readonly defaults: (scenario: string) => string;
  /**
   * The file, or `-`, and the files that it names.
   * @returns those among them that are not here, each with its place (with `isStrict` they are problems), and notes
   * @throws AppError naming every problem
   */
  readonly check: (file: string, options: { readonly isStrict: boolean }) => Promise<CheckedFile>;
}

interface Check extends Pick<ConfigDeps, 'check'> {
  readonly isStrict: boolean;
}

const ACTIONS = ['schema', 'defaults', 'check'] as const;
type ConfigAction = (typeof ACTIONS)[number];

function readAction(word: string | undefined): ConfigAction {
  const action = ACTIONS.find((candidate) => candidate === word);
  if (action !== undefined) return action;
  const found = word === undefined ? '' : `, found "${word}".${didYouMean(word, ACTIONS)}`;
  throw usageError(`it takes one of ${ACTIONS.join(', ')}${found}`, 'config');
}

/** @param path `-` as errors call it, for standard input */
function describeAbsent(path: string, absent: readonly string[]): string {
  const file = path === '-' ? 'standard input' : path;
  if (absent.length === 0) return `${file}: no problem\n`;
  const list = absent.map((line) => `  ${line}\n`).join('');
  return `${file}: no problem in it; it names what is not on this machine, and was not checked:\n${list}`;
}

/** All files, whatever is wrong with the first. */
async function check(files: readonly string[], io: Io, { check: read, isStrict }: Check): Promise<ExitCode> {
  if (files.length === 0) throw usageError('name the file to check: config check FILE', 'config');
  const faults: AppError[] = [];
  for (const file of files) {
    try {
      const { absent, notes } = await read(file, { isStrict });
      io.stdout.write(describeAbsent(file, absent) + notes.map((note) => `  note: ${note}\n`).join(''));
    } catch (error) {
      if (!(error instanceof AppError) || error.blame !== 'input') throw error;
      faults.push(error);
    }
  }
  const [first] = faults;
  if (first === undefined) return EXIT_CODES.ok;
  if (faults.length === 1) throw first;
  const advice = faults.find((fault) => fault.advice !== null)?.advice;
  throw new AppError(first.code, faults.map(describeError).join('\n'), {
    blame: 'input',
    ...(typeof advice === 'string' ? { advice } : {}),
  });
}

function readScenario(word: string | undefined, { scenarios }: ConfigDeps): string {
  const [usual] = scenarios;
  if (word === undefined || scenarios.includes(word)) return word ?? usual;
  const hint = didYouMean(word, scenarios);
  throw usageError(`config defaults takes one of ${scenarios.join(', ')}, found "${word}".${hint}`, 'config');
}

async function run({ positionals, flags }: ParsedArguments, io: Io, deps: ConfigDeps): Promise<ExitCode> {
  const [word, ...rest] = positionals;
  const action = readAction(word);
  const isStrict = flags.has('strict');
  if (action === 'check') return check(rest, io, { check: deps.check, isStrict });
  if (isStrict) throw usageError(`flag --strict is for config check, not for config ${action}`, 'config');
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
    flags: [
      {
        name: 'strict',
        description:
          'For config check where serve will run: what the configuration names, and is not here, is a problem, too.',
      },
    ],
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
        says: 'Every problem of a file and of those that it names, before it is rolled out',
      },
      {
        command: `yq -r '.data["configuration.yaml"]' configmap.yaml | wasmgate config check -`,
        says: 'The text in a ConfigMap',
      },
      {
        command: 'wasmgate config schema > wasmgate.schema.json',
        says: 'For editors; name it in a first line "# yaml-language-server: $schema=wasmgate.schema.json"',
      },
    ],
    run: (input, io) => run(input, io, deps),
  };
}
