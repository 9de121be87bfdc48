import { EXIT_CODES, type Command, type ConfigurationKey, type Example, type Flag } from './command.ts';
import type { Io } from './io.ts';
import { createPage, table, wrap, type Page, type Row } from './page.ts';
import { HELP_FLAG } from './parse-arguments.ts';

const PRODUCT =
  'A Kubernetes admission webhook for WebAssembly: it finds Wasm images at the registry and makes their Pods run.';

const EXIT_CODE_ROWS: readonly Row[] = [
  [`${EXIT_CODES.ok}`, 'Success; nothing would be denied.'],
  [
    `${EXIT_CODES.failed}`,
    'Something would be denied, running Pods lack what they need, or the command failed.',
  ],
  [
    `${EXIT_CODES.usage}`,
    'The command line or a file is invalid. Nothing was done; only review still handles the valid files.',
  ],
  [`${EXIT_CODES.undecided}`, 'The result is undecided, for example because a registry is unreachable.'],
  [`${EXIT_CODES.interrupted}`, 'An audit was interrupted. It printed what it had judged.'],
];

function flagRow({ name, short, placeholder, description, choices }: Flag): Row {
  const values = choices === undefined ? '' : ` One of ${choices.join(', ')}.`;
  const letter = short === undefined ? '' : `-${short}, `;
  return [
    `${letter}--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`,
    `${description}${values}`,
  ];
}

function describeKey(
  { path, type, default: defaultValue, description }: ConfigurationKey,
  columns: number,
): string {
  const value = defaultValue === null ? type : `${type} (default ${defaultValue})`;
  return [`  ${path}`, wrap(value, columns, '      '), wrap(description, columns, '      ')]
    .filter((line) => line !== '')
    .join('\n');
}

/** Comments the explanation, so that the whole example can be pasted into a shell. */
function describeExample({ command, explanation }: Example, columns: number): string {
  return `${wrap(explanation, columns, '  # ')}\n  ${command}`;
}

/** Renders titled sections, without empty ones. */
function render({ paint }: Page, sections: readonly Row[]): string {
  return sections
    .filter(([, body]) => body !== '')
    .map(([title, body]) => (title === '' ? `${body}\n` : `${paint('bold', title)}\n${body}\n`))
    .join('\n');
}

/** `wasmgate --help` */
export function describeProgram(commands: readonly Command[], io: Io): string {
  const page = createPage(io);
  const { columns } = page;
  return render(page, [
    ['', wrap(PRODUCT, columns, '')],
    ['Usage', '  wasmgate COMMAND [flags]'],
    [
      'Commands',
      table(
        commands.filter(({ isHidden }) => isHidden !== true).map(({ name, summary }) => [name, summary]),
        columns,
      ),
    ],
    ['Exit codes', table(EXIT_CODE_ROWS, columns)],
    ['', wrap('For flags and examples: wasmgate COMMAND --help', columns, '')],
  ]);
}

/** `wasmgate COMMAND --help` */
export function describeCommand(command: Command, io: Io): string {
  const page = createPage(io);
  const { columns } = page;
  const keys = command.configurationKeys?.() ?? [];
  const positionals = command.positionals === undefined ? '' : ` ${command.positionals}`;
  return render(page, [
    ['', wrap(command.summary, columns, '')],
    ['Usage', `  wasmgate ${command.name}${positionals} [flags]`],
    ['Flags', table([...command.flags, HELP_FLAG].map(flagRow), columns)],
    ['Configuration file', keys.map((key) => describeKey(key, columns)).join('\n')],
    ['Examples', command.examples.map((example) => describeExample(example, columns)).join('\n')],
  ]);
}
