import { cutEnd } from '../../lib/bound-text.ts';
import type { ClusterChoice } from '../cluster-flags.ts';
import type { Candidate, Command, Flag } from '../command.ts';
import { HELP_FLAG } from '../parse-arguments.ts';

/** What the shell can offer in place of the last word. */
export type Completion = readonly Candidate[] | 'files';

/** Names that only a cluster or a kubeconfig knows. They come fast or not at all. */
export interface LiveNames {
  readonly contexts: (cluster: ClusterChoice) => Promise<readonly string[]>;
  readonly namespaces: (cluster: ClusterChoice) => Promise<readonly string[]>;
}

/** The words before the one to complete, as far as they are understood. */
interface Typed {
  /** Values by flag; '' for a flag without one. */
  readonly flags: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
  /** The flag whose value comes next. */
  readonly pending: Flag | null;
}

interface Written {
  readonly flag: Flag;
  /** Null if the value is the next word. */
  readonly value: string | null;
}

/** Reads `--name`, `--name=value`, `-n` and `-nvalue`, also after letters without a value (`-An`); null for an unknown flag. */
function readFlagWord(word: string, flags: readonly Flag[]): Written | null {
  if (word.startsWith('--')) {
    const [name = '', ...rest] = word.slice(2).split('=');
    const flag = flags.find((candidate) => candidate.name === name);
    return flag === undefined ? null : { flag, value: rest.length === 0 ? null : rest.join('=') };
  }
  for (let at = 1; at < word.length; at += 1) {
    const flag = flags.find(({ short }) => short === word[at]);
    if (flag === undefined) return null;
    const rest = word.slice(at + 1);
    if (flag.placeholder !== undefined || rest === '') return { flag, value: rest === '' ? null : rest };
  }
  return null;
}

function readWords(words: readonly string[], flags: readonly Flag[]): Typed {
  const values = new Map<string, string>();
  const positionals: string[] = [];
  let pending: Flag | null = null;
  for (const word of words) {
    if (pending !== null) {
      values.set(pending.name, word);
      pending = null;
    } else if (word.startsWith('-') && word !== '-') {
      const found = readFlagWord(word, flags);
      if (found === null) continue;
      values.set(found.flag.name, found.value ?? '');
      if (found.flag.placeholder !== undefined && found.value === null) pending = found.flag;
    } else positionals.push(word);
  }
  return { flags: values, positionals, pending };
}

/** Longer descriptions would push the values of a shell's list apart. */
const MAX_DESCRIPTION = 60;

function describeFlag({ description }: Flag): string {
  return cutEnd(description.split(/[.:(] ?/, 1)[0]?.trim() ?? '', MAX_DESCRIPTION);
}

function named(values: readonly string[]): readonly Candidate[] {
  return values.map((value) => ({ value, about: '' }));
}

/** Placeholders of flags and arguments that take a path. */
const PATH_WORDS = /\b(?:FILE|DIR|IMAGE)\b/;

async function completeValue(flag: Flag, typed: Typed, live: LiveNames): Promise<Completion> {
  if (flag.choices !== undefined) return named(flag.choices);
  const cluster = { kubeconfig: typed.flags.get('kubeconfig'), context: typed.flags.get('context') };
  if (flag.name === 'context') return named(await live.contexts({ ...cluster, context: undefined }));
  if (flag.name === 'namespace') return named(await live.namespaces(cluster));
  return PATH_WORDS.test(flag.placeholder ?? '') ? 'files' : [];
}

function completeFlagName(flags: readonly Flag[], { flags: given }: Typed): readonly Candidate[] {
  return flags
    .filter(({ name, repeats }) => repeats === true || !given.has(name))
    .map((flag) => ({ value: `--${flag.name}`, about: describeFlag(flag) }));
}

function completePositional(command: Command, { positionals }: Typed): Completion {
  if (command.suggest !== undefined) return command.suggest(positionals);
  return PATH_WORDS.test(command.positionals ?? '') ? 'files' : [];
}

function completeCommandName(commands: readonly Command[]): readonly Candidate[] {
  const known = commands.map(({ name, summary }) => ({
    value: name,
    about: cutEnd(summary, MAX_DESCRIPTION),
  }));
  return [...known, { value: 'help', about: 'Show the help of a command' }];
}

async function completeWord(
  command: Command,
  words: readonly string[],
  { word, live }: { readonly word: string; readonly live: LiveNames },
): Promise<Completion> {
  const flags = [...command.flags, HELP_FLAG];
  const typed = readWords(words, flags);
  if (typed.pending !== null) return completeValue(typed.pending, typed, live);
  const written = /^--[^=]+=/.test(word) ? readFlagWord(word, flags) : null;
  if (written !== null) return completeValue(written.flag, typed, live);
  return word.startsWith('-') ? completeFlagName(flags, typed) : completePositional(command, typed);
}

/**
 * Completes the last of the words, which may be empty. After `--flag=`, only the value is completed.
 * @param words what was typed after the program's name
 * @param commands those that the help lists
 */
export async function completeWords(
  words: readonly string[],
  commands: readonly Command[],
  live: LiveNames,
): Promise<Completion> {
  const [name = '', ...before] = words.slice(0, -1);
  const word = words.at(-1) ?? '';
  const start = word.replace(/^--[^=]+=/, '');
  const beginning = (candidates: readonly Candidate[]): Completion =>
    candidates.filter(({ value }) => value.startsWith(start));
  if (words.length <= 1)
    return beginning(word.startsWith('-') ? named(['--help', '--version']) : completeCommandName(commands));
  if (name === 'help') return beginning(before.length === 0 ? completeCommandName(commands) : []);
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) return [];
  const completion = await completeWord(command, before, { word, live });
  return completion === 'files' ? completion : beginning(completion);
}
