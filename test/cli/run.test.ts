import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { type Command, EXIT_CODES } from '../../src/cli/command.ts';
import { flagTexts } from '../../src/cli/parse-arguments.ts';
import { runCli } from '../../src/cli/run.ts';
import { serveCommand, type ServeDeps, type ServeFlags } from '../../src/cli/serve.ts';
import { versionCommand } from '../../src/cli/version.ts';
import { AppError } from '../../src/lib/errors.ts';

const KEYS = [
  {
    path: 'policy.mode',
    type: 'enforce | off',
    default: '"enforce"',
    description: 'What happens. '.repeat(20),
  },
  { path: 'registry.caFile', type: 'text', default: null, description: '' },
];

const echo: Command = {
  name: 'echo',
  summary: 'Say it again.',
  positionals: 'WORD...',
  flags: [{ name: 'loud', description: 'In capitals.' }],
  examples: [],
  run: ({ positionals, flags }, io) => {
    const text = positionals.join(' ');
    io.stdout.write(flags.has('loud') ? text.toUpperCase() : text);
    return Promise.resolve(EXIT_CODES.undecided);
  },
};

function read(stream: PassThrough): string {
  return String(stream.read() ?? '');
}

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly served: readonly ServeFlags[];
}

interface RunOptions {
  readonly serve?: ServeDeps['serve'];
  /** Commands between `serve` and `version`. */
  readonly command?: Command;
  readonly columns?: number | undefined;
}

async function run(
  argv: readonly string[],
  { serve, command = echo, columns }: RunOptions = {},
): Promise<Run> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  if (columns !== undefined) Object.assign(stdout, { isTTY: true, columns });
  const served: ServeFlags[] = [];
  const note: ServeDeps['serve'] = (flags) => {
    served.push(flags);
    return Promise.resolve(EXIT_CODES.ok);
  };
  const exitCode = await runCli(argv, { stdout, stderr, env: {} }, [
    serveCommand({
      serve: serve ?? note,
      logLevels: ['debug', 'info'],
      logFormats: ['text', 'json'],
      configurationKeys: () => KEYS,
    }),
    command,
    versionCommand({ version: '1.2.3', node: '24.0.0', platform: 'linux/amd64' }),
  ]);
  return { exitCode, stdout: read(stdout), stderr: read(stderr), served };
}

test.each([
  ['an empty command line', []],
  ['--help', ['--help']],
  ['-h', ['-h']],
  ['help', ['help']],
])('%s prints the commands', async (_case, argv) => {
  const { exitCode, stdout, stderr } = await run(argv);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^ {2}serve +Serve the admission webhook over HTTPS\.$/m);
  expect(stdout).toMatch(/^ {2}echo +Say it again\.$/m);
});

test.each([
  ['serve --help', ['serve', '--help']],
  ['serve -h', ['serve', '-h']],
  ['help serve', ['help', 'serve']],
  ['--help after another flag', ['serve', '--port', '1', '--help']],
])('%s prints flags, keys and examples, and serves nothing', async (_case, argv) => {
  const { exitCode, stdout, served } = await run(argv);
  expect([exitCode, served]).toEqual([0, []]);
  for (const flag of [
    'config FILE',
    'kubeconfig FILE',
    'host',
    'port',
    'cert-dir DIR',
    'development-certificates DIR',
    'log-level LEVEL',
  ]) {
    expect(stdout).toContain(`--${flag}`);
  }
  expect(stdout).toContain('policy.mode\n      enforce | off (default "enforce")\n      What happens.');
  expect(stdout).toContain('  wasmgate serve --kubeconfig');
});

test.each([
  ['a pipe', undefined, 80],
  ['a wide terminal', 300, 120],
  ['a terminal of 60 columns', 60, 60],
])('help on %s stays within %i columns', async (_case, columns, expected) => {
  for (const argv of [['--help'], ['serve', '--help'], ['echo', '--help']]) {
    const { stdout } = await run(argv, { columns });
    const prose = stripVTControlCharacters(stdout)
      .split('\n')
      .filter((line) => !line.startsWith('  wasmgate '));
    expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(expected);
  }
});

test.each([40, 80])('every line of an explanation is a comment at %i columns', async (columns) => {
  const examples = [{ command: 'wasmgate echo a', explanation: 'Once or twice or more, '.repeat(5) }];
  const { stdout } = await run(['echo', '--help'], { command: { ...echo, examples }, columns });
  const [, shown = ''] = stripVTControlCharacters(stdout).split('Examples\n');
  const lines = shown.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.filter((line) => !line.startsWith('  # '))).toEqual(['  wasmgate echo a']);
});

test('the help lists every exit code', async () => {
  const [, shown = ''] = (await run(['--help'])).stdout.split('Exit codes\n');
  const listed = [...shown.matchAll(/^ {2}(\d+) {2}/gm)].map(([, code]) => Number(code));
  expect(listed).toEqual(Object.values(EXIT_CODES));
});

test('a pipe gets no colors', async () => {
  const { stdout } = await run(['--help']);
  expect(stripVTControlCharacters(stdout)).toBe(stdout);
});

test.each([
  ['version', '-o', 'json'],
  ['--version', '--output=json'],
])('%s %s prints JSON for scripts', async (...argv) => {
  const { exitCode, stdout } = await run(argv);
  expect([exitCode, JSON.parse(stdout)]).toEqual([
    0,
    { version: '1.2.3', node: '24.0.0', platform: 'linux/amd64' },
  ]);
});

test.each(['version', '--version'])('%s prints the version', async (word) => {
  expect(await run([word])).toMatchObject({ exitCode: 0, stdout: 'wasmgate 1.2.3\n' });
});

test.each([
  ['none', [], {}],
  [
    'all',
    [
      '--config',
      'a.yaml',
      '--kubeconfig=k',
      '--host',
      '::1',
      '--port',
      '0',
      '--cert-dir',
      'c',
      '--log-level',
      'debug',
      '--log-format=text',
    ],
    {
      config: 'a.yaml',
      kubeconfig: 'k',
      host: '::1',
      port: 0,
      certDir: 'c',
      developmentCertificates: undefined,
      logLevel: 'debug',
      logFormat: 'text',
    },
  ],
  ['the last of several', ['--port', '1', '--port=65535'], { port: 65_535 }],
  ['a value that begins with one dash', ['--config', '-'], { config: '-' }],
])('serve with flags: %s', async (_case, argv, flags) => {
  expect(await run(['serve', ...argv])).toMatchObject({ exitCode: 0, stderr: '', served: [flags] });
});

test.each([
  ['an unknown command', ['serv'], 'there is no command "serv". Did you mean "serve"?', 'wasmgate --help'],
  ['a command unlike any', ['frobnicate'], 'there is no command "frobnicate".', 'wasmgate --help'],
  ['-v', ['-v'], 'there is no flag "-v". Did you mean "--version"?', 'wasmgate --help'],
  ['help on an unknown command', ['help', 'serv'], 'Did you mean "serve"?', 'wasmgate --help'],
  [
    'an unknown flag before the command',
    ['--hepl'],
    'there is no flag "--hepl". Did you mean "--help"?',
    'wasmgate --help',
  ],
  [
    'an unknown flag',
    ['serve', '--prot', '1'],
    'there is no flag "--prot". Did you mean "--port"?',
    'wasmgate serve --help',
  ],
  ['an unknown short flag', ['serve', '-p'], 'there is no flag "-p".', 'wasmgate serve --help'],
  [
    'a flag without its value',
    ['serve', '--port'],
    'flag --port needs a value: --port NUMBER',
    'wasmgate serve --help',
  ],
  [
    'a flag that takes the next argument',
    ['serve', '--config', '--port', '1'],
    'flag --config needs a value',
    'wasmgate serve --help',
  ],
  ['an empty value', ['serve', '--config='], 'flag --config needs a value', 'wasmgate serve --help'],
  ['a value where none goes', ['echo', '--loud=yes'], 'flag --loud takes no value', 'wasmgate echo --help'],
  [
    'a port that is not a number',
    ['serve', '--port', '80a'],
    'a number from 0 to 65535, found "80a"',
    'wasmgate serve --help',
  ],
  ['a port too high', ['serve', '--port', '65536'], 'found "65536"', 'wasmgate serve --help'],
  [
    'an unknown level',
    ['serve', '--log-level', 'dbug'],
    'takes one of debug, info, found "dbug". Did you mean "debug"?',
    'wasmgate serve --help',
  ],
  ['an extra argument', ['serve', 'now'], 'it takes no arguments, found "now"', 'wasmgate serve --help'],
  [
    'an argument after --',
    ['serve', '--', '--port'],
    'it takes no arguments, found "--port"',
    'wasmgate serve --help',
  ],
])('%s: says what is wrong and what to type, and exits with 2', async (_case, argv, what, next) => {
  const { exitCode, stdout, stderr, served } = await run(argv);
  expect([exitCode, stdout, served]).toEqual([EXIT_CODES.usage, '', []]);
  const [first, second, ...rest] = stderr.split('\n');
  expect(first).toMatch(/^wasmgate: (?:Cannot run "wasmgate (?:serve|echo)": \S|there is no )/);
  expect(first).toContain(what);
  expect([second, ...rest]).toEqual([`See: ${next}`, '']);
});

test('a command receives its arguments and flags, and returns the exit code', async () => {
  expect(await run(['echo', 'a', '--loud', 'b'])).toMatchObject({
    exitCode: EXIT_CODES.undecided,
    stdout: 'A B',
  });
});

test.each([
  ['input', EXIT_CODES.usage],
  ['world', EXIT_CODES.failed],
] as const)('a failure due to the %s is reported with its advice, exit code %i', async (blame, exitCode) => {
  const failure = new AppError('any-code', 'Cannot do "it": no', { blame, advice: 'Try this.' });
  const serve = () => Promise.reject(failure);
  expect(await run(['serve'], { serve })).toMatchObject({
    exitCode,
    stderr: 'wasmgate: Cannot do "it": no\nTry this.\n',
  });
});

test('an internal error is reported without stack trace and secrets', async () => {
  const { exitCode, stderr } = await run(['serve'], {
    serve: () => Promise.reject(new Error('GET https://a:hunter2@b failed')),
  });
  expect([exitCode, stderr]).toEqual([EXIT_CODES.failed, 'wasmgate: GET https://***@b failed\n']);
});

test.each([
  ['a flag by its letter', ['-l', 'a'], [[], 'A']],
  ['a flag given several times', ['--and', 'a', '--and=b', '-a', 'c'], [['a', 'b', 'c'], '']],
  ['a dash as a value', ['-a', '-'], [['-'], '']],
])('%s', async (_case, argv, [list, said]) => {
  const seen: (readonly string[])[] = [];
  const letters: Command = {
    ...echo,
    flags: [
      { name: 'loud', short: 'l', description: 'In capitals.' },
      { name: 'and', short: 'a', placeholder: 'WORD', description: 'More.', repeats: true },
    ],
    run: (input, io) => {
      seen.push(flagTexts(input, 'and'));
      return echo.run(input, io);
    },
  };
  expect(await run(['echo', ...argv], { command: letters })).toMatchObject({ stdout: said });
  expect(seen).toEqual([list]);
});
