import type { Io } from './io.ts';

/** The exit codes that scripts rely on. If several apply, `usage` wins over `failed`, and `failed` over `undecided`. */
export const EXIT_CODES = {
  ok: 0,
  /** Something would be denied, or the command failed. */
  failed: 1,
  /** The command line or a file is invalid. Nothing was done, except that `review` reviews the valid manifests. */
  usage: 2,
  /** Something is unknown, such as an image whose registry did not answer. */
  undecided: 3,
  /** The user interrupted the command, which printed what it had: 128 and the number of SIGINT, as shells count. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** A flag with a value, such as `--port NUMBER`; without a placeholder, a flag without one. */
export interface Flag {
  readonly name: string;
  /** One letter, for `-f`. */
  readonly short?: string;
  readonly placeholder?: string;
  readonly description: string;
  /** The only valid values. */
  readonly choices?: readonly string[];
  /** True if the flag can be repeated to give several values. */
  readonly repeats?: boolean;
}

/** One row of the configuration reference. */
export interface ConfigurationKey {
  readonly path: string;
  readonly type: string;
  readonly default: string | null;
  readonly description: string;
}

export interface Example {
  readonly command: string;
  readonly explanation: string;
}

/** One completion that a shell offers. */
export interface Candidate {
  readonly value: string;
  /** A few words; may be empty. */
  readonly about: string;
}

export interface ParsedArguments {
  /** By name; a flag without a value is `true`. The last value wins. */
  readonly flags: ReadonlyMap<string, string | true>;
  /** All values of repeatable flags, in order. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
}

/** A command: its help and its action. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Placeholder of the positional arguments, such as `FILE...`; undefined if there are none. */
  readonly positionals?: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly Example[];
  /** Configuration keys that the help lists. */
  readonly configurationKeys?: () => readonly ConfigurationKey[];
  /** Completes an argument after those before it; undefined for files, or for nothing if the command takes none. */
  readonly suggest?: (before: readonly string[]) => readonly Candidate[] | 'files';
  /** True for a command of programs. Help does not list it, and its arguments arrive unparsed, as positionals. */
  readonly isHidden?: boolean;
  readonly run: (input: ParsedArguments, io: Io) => Promise<ExitCode>;
}
