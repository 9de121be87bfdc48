import { parseArgs } from 'node:util';
import { didYouMean } from '../../../src/lib/nearest-name.ts';

/** An invalid command line. */
export class UsageError extends Error {}

/** A flag of a script: what it takes, and its letter. */
export interface ScriptFlag {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
}

export interface ReadFlags<Name extends string> {
  /** The last value of each given flag; '' for one that takes none. */
  readonly flags: ReadonlyMap<Name, string>;
  readonly positionals: readonly string[];
}

/**
 * Reads the command line of a script of the tests.
 * @throws UsageError, with a suggestion for an unknown flag
 */
export function readFlags<Name extends string>(
  args: readonly string[],
  known: Readonly<Record<Name, ScriptFlag>>,
): ReadFlags<Name> {
  const isKnown = (name: string): name is Name => Object.hasOwn(known, name);
  // Node's own errors suggest no flag.
  const { tokens } = parseArgs({
    args: [...args],
    options: known,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const flags = new Map<Name, string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (!isKnown(name)) {
      const near = didYouMean(
        rawName,
        Object.keys(known).map((each) => `--${each}`),
      );
      throw new UsageError(`There is no flag "${rawName}".${near}`);
    }
    const isText = known[name].type === 'string';
    if (isText && (value === undefined || value === '' || value.startsWith('-')))
      throw new UsageError(`The flag "${rawName}" needs a value.`);
    if (!isText && value !== undefined) throw new UsageError(`The flag "${rawName}" takes no value.`);
    flags.set(name, value ?? '');
  }
  return { flags, positionals };
}
