import type { Writable } from 'node:stream';
import type { Command, ConfigurationKey, Example, Flag } from './command.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { createPage, type Page } from './page.ts';
import { HELP_FLAG } from './parse.ts';
import { table, wrap, type Row } from './text.ts';

const PRODUCT =
  'The Kubernetes admission webhook that knows WebAssembly: it finds Wasm images at the registry and makes their Pods run.';

/** What scripts go by. */
const ENDS: readonly Row[] = [
  [`${EXIT_CODES.ok}`, 'Done; nothing that was looked at would be refused.'],
  [`${EXIT_CODES.failed}`, 'Something would be refused, or could not be done.'],
  [
    `${EXIT_CODES.usage}`,
    'The command line or a file is wrong; nothing was tried, but that review goes on with the other files.',
  ],
  [`${EXIT_CODES.undecided}`, 'Not everything could be known, such as an image whose registry is away.'],
];

function flagRow({ name, short, placeholder, description, choices }: Flag): Row {
  const taken = choices === undefined ? '' : ` One of ${choices.join(', ')}.`;
  const letter = short === undefined ? '' : `-${short}, `;
  return [
    `${letter}--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`,
    `${description}${taken}`,
  ];
}

function describeKey(
  { path, type, default: byDefault, description }: ConfigurationKey,
  columns: number,
): string {
  const takes = byDefault === null ? type : `${type} (default ${byDefault})`;
  return [`  ${path}`, wrap(takes, columns, '      '), wrap(description, columns, '      ')]
    .filter((line) => line !== '')
    .join('\n');
}

/** Every line of what it says is a comment, so that all of it can be pasted. */
function describeExample({ command, says }: Example, columns: number): string {
  return `${wrap(says, columns, '  # ')}\n  ${command}`;
}

/** Titled sections; those with nothing in them are left out. */
function render({ paint }: Page, sections: readonly Row[]): string {
  return sections
    .filter(([, body]) => body !== '')
    .map(([title, body]) => (title === '' ? `${body}\n` : `${paint('bold', title)}\n${body}\n`))
    .join('\n');
}

/** `wasmgate --help` */
export function describeProgram(commands: readonly Command[], stream: Writable): string {
  const page = createPage(stream);
  const { columns } = page;
  return render(page, [
    ['', wrap(PRODUCT, columns, '')],
    ['Usage', '  wasmgate COMMAND [flags]'],
    [
      'Commands',
      table(
        commands.map(({ name, summary }) => [name, summary]),
        columns,
      ),
    ],
    ['Exit codes', table(ENDS, columns)],
    ['', wrap('wasmgate COMMAND --help tells the rest.', columns, '')],
  ]);
}

/** `wasmgate COMMAND --help` */
export function describeCommand(command: Command, stream: Writable): string {
  const page = createPage(stream);
  const { columns } = page;
  const keys = command.configurationKeys?.() ?? [];
  const takes = command.positionals === undefined ? '' : ` ${command.positionals}`;
  return render(page, [
    ['', wrap(command.summary, columns, '')],
    ['Usage', `  wasmgate ${command.name}${takes} [flags]`],
    ['Flags', table([...command.flags, HELP_FLAG].map(flagRow), columns)],
    ['Configuration file', keys.map((key) => describeKey(key, columns)).join('\n')],
    ['Examples', command.examples.map((example) => describeExample(example, columns)).join('\n')],
  ]);
}
