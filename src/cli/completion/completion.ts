import { didYouMean } from '../../lib/nearest-name.ts';
import { EXIT_CODES, type Command } from '../command.ts';
import { COMPLETE_COMMAND, type Io } from '../io.ts';
import { usageError } from '../parse-arguments.ts';
import type { Completion, LiveNames } from './complete-words.ts';
import { SHELLS, writeScript } from './scripts.ts';

/** Prints the script that connects a shell to the hidden command. */
export function completionCommand(): Command {
  return {
    name: 'completion',
    summary: 'Print the script that completes commands in a shell: bash, zsh or fish.',
    positionals: SHELLS.join(' | '),
    flags: [],
    examples: [
      {
        command: 'source <(wasmgate completion bash)',
        explanation: 'In ~/.bashrc; likewise zsh in ~/.zshrc',
      },
      { command: 'wasmgate completion fish | source', explanation: 'In ~/.config/fish/config.fish' },
    ],
    suggest: (before) => (before.length === 0 ? SHELLS.map((value) => ({ value, about: '' })) : []),
    run: ({ positionals }, { stdout }) => {
      const [word = '', extra] = positionals;
      const shell = SHELLS.find((name) => name === word);
      const found = word === '' ? '' : `, found "${word}".${didYouMean(word, SHELLS)}`;
      if (shell === undefined) throw usageError(`it takes one of ${SHELLS.join(', ')}${found}`, 'completion');
      if (extra !== undefined) throw usageError(`it takes one shell, found "${extra}" as well`, 'completion');
      stdout.write(writeScript(shell));
      return Promise.resolve(EXIT_CODES.ok);
    },
  };
}

/** Directives of the protocol: complete nothing else, or complete files. */
const DIRECTIVES = { nothing: ':4', files: ':0' } as const;

/**
 * A shell inserts a completion as it is. Anything else, such as `$(…)` in the name of a context, could run when the user presses
 * Enter.
 */
const SAFE_VALUE = /^[\w.:/@+=,%~-]+$/;

function render(completion: Completion): string {
  if (completion === 'files') return `${DIRECTIVES.files}\n`;
  const lines = completion
    .filter(({ value }) => SAFE_VALUE.test(value))
    .map(({ value, about }) => (about === '' ? value : `${value}\t${about}`));
  return [...lines, DIRECTIVES.nothing, ''].join('\n');
}

/**
 * The hidden command. Its protocol is that of Cobra, which kubectl expects of plugins: a line for each completion, perhaps with a tab
 * and a description, and last a line with a directive.
 */
export function completeCommand(
  commands: readonly Command[],
  load: (env: Io['env']) => Promise<LiveNames>,
): Command {
  return {
    name: COMPLETE_COMMAND,
    isHidden: true,
    summary: '',
    flags: [],
    examples: [],
    run: async ({ positionals }, { stdout, env }) => {
      const live: LiveNames = {
        contexts: async (cluster) => (await load(env)).contexts(cluster),
        namespaces: async (cluster) => (await load(env)).namespaces(cluster),
      };
      const { completeWords } = await import('./complete-words.ts');
      stdout.write(render(await completeWords(positionals, commands, live)));
      return EXIT_CODES.ok;
    },
  };
}
