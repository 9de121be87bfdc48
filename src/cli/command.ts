import type { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';

/** A flag with a value, `--port NUMBER`; without a placeholder it stands alone. */
export interface Flag {
  readonly name: string;
  /** One letter, `-f`. */
  readonly short?: string;
  readonly placeholder?: string;
  readonly description: string;
  /** The only values it takes. */
  readonly choices?: readonly string[];
  /** May be given several times, and every value counts. */
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
  readonly says: string;
}

export interface ParsedArguments {
  /** By name; a flag that stands alone is `true`. The last of several wins. */
  readonly flags: ReadonlyMap<string, string | true>;
  /** Every value of the flags that repeat, in order. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
}

/** One command, whole: what help says of it and what it does. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What it takes beside flags, such as `FILE...`; commands without take none. */
  readonly positionals?: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly Example[];
  /** Keys of the configuration file that its help lists. */
  readonly configurationKeys?: () => readonly ConfigurationKey[];
  readonly run: (input: ParsedArguments, io: Io) => Promise<ExitCode>;
}
