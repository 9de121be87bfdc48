import { AppError, describeError } from '../lib/errors.ts';
import { didYouMean } from '../lib/nearest-name.ts';
import { EXIT_CODES, type Candidate, type Command, type ExitCode, type ParsedArguments } from './command.ts';
import type { Io } from './io.ts';
import { usageError } from './parse-arguments.ts';

export interface CheckedFile {
  readonly absent: readonly string[];
  /** Settings that may not do what they seem to do. */
  readonly notes: readonly string[];
}

export interface ConfigDeps {
  /** JSON Schema of the configuration file. */
  readonly schema: () => object;
  /** Sets of defaults, the default one first. */
  readonly scenarios: readonly [standard: string, ...others: string[]];
  /** Returns a complete configuration file with a scenario's defaults. */
  readonly defaults: (scenario: string) => string;
  /**
   * Checks a file, or standard input for `-`, and the files that it names.
   * @returns named files that do not exist (with `isStrict`, they are errors), and notes
   * @throws AppError with every problem
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

function describeAbsent(path: string, absent: readonly string[]): string {
  const file = path === '-' ? 'standard input' : path;
  if (absent.length === 0) return `${file}: no problems\n`;
  const list = absent.map((line) => `  ${line}\n`).join('');
  return `${file}: no problems; these files do not exist on this machine and were not checked:\n${list}`;
}

/** Checks all files, and reports the problems of all. */
async function check(files: readonly string[], io: Io, { check: read, isStrict }: Check): Promise<ExitCode> {
  if (files.length === 0) throw usageError('name the file to check: config check FILE', 'config');
  const errors: AppError[] = [];
  for (const file of files) {
    try {
      const { absent, notes } = await read(file, { isStrict });
      io.stdout.write(describeAbsent(file, absent) + notes.map((note) => `  note: ${note}\n`).join(''));
    } catch (error) {
      if (!(error instanceof AppError) || error.blame !== 'input') throw error;
      errors.push(error);
    }
  }
  const [first] = errors;
  if (first === undefined) return EXIT_CODES.ok;
  if (errors.length === 1) throw first;
  const advice = errors.find((error) => error.advice !== null)?.advice;
  throw new AppError(first.code, errors.map(describeError).join('\n'), {
    blame: 'input',
    ...(typeof advice === 'string' ? { advice } : {}),
  });
}

function readScenario(word: string | undefined, { scenarios }: ConfigDeps): string {
  const [standard] = scenarios;
  if (word === undefined || scenarios.includes(word)) return word ?? standard;
  const hint = didYouMean(word, scenarios);
  throw usageError(`config defaults takes one of ${scenarios.join(', ')}, found "${word}".${hint}`, 'config');
}

async function run({ positionals, flags }: ParsedArguments, io: Io, deps: ConfigDeps): Promise<ExitCode> {
  const [word, ...rest] = positionals;
  const action = readAction(word);
  const isStrict = flags.has('strict');
  if (action === 'check') return check(rest, io, { check: deps.check, isStrict });
  if (isStrict) throw usageError(`flag --strict belongs to config check, not to config ${action}`, 'config');
  const scenario = action === 'defaults' ? readScenario(rest.shift(), deps) : '';
  const [extra] = rest;
  if (extra !== undefined)
    throw usageError(`config ${action} takes no more arguments, found "${extra}"`, 'config');
  io.stdout.write(
    action === 'schema' ? `${JSON.stringify(deps.schema(), null, 2)}\n` : deps.defaults(scenario),
  );
  return EXIT_CODES.ok;
}

function suggest(
  [action, scenario]: readonly string[],
  { scenarios }: ConfigDeps,
): readonly Candidate[] | 'files' {
  if (action === 'check') return 'files';
  const isDone = action !== undefined && (action !== 'defaults' || scenario !== undefined);
  const values = action === undefined ? ACTIONS : scenarios;
  return isDone ? [] : values.map((value) => ({ value, about: '' }));
}

export function configCommand(deps: ConfigDeps): Command {
  return {
    name: 'config',
    summary: 'Print the configuration’s schema or defaults, or check a file.',
    positionals: 'schema | defaults [SCENARIO] | check FILE...',
    flags: [
      {
        name: 'strict',
        description:
          'For config check on the machine where serve runs: a named file that does not exist is an error.',
      },
    ],
    examples: [
      {
        command: 'wasmgate config defaults > wasmgate.yaml',
        explanation: 'Start with a file that has every key, explained',
      },
      {
        command: 'wasmgate config defaults edge',
        explanation: 'The defaults of scenario edge',
      },
      {
        command: 'wasmgate config check wasmgate.yaml',
        explanation: 'List all problems of a file, and of the files that it names, before rolling it out',
      },
      {
        command: `yq -r '.data["configuration.yaml"]' configmap.yaml | wasmgate config check -`,
        explanation: 'Check the text in a ConfigMap',
      },
      {
        command: 'wasmgate config schema > wasmgate.schema.json',
        explanation:
          'For editors; refer to it in a first line "# yaml-language-server: $schema=wasmgate.schema.json"',
      },
    ],
    suggest: (before) => suggest(before, deps),
    run: (input, io) => run(input, io, deps),
  };
}
