import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runWasmgate } from '../support/cli/run-wasmgate.ts';
import { run } from '../support/lib/processes.ts';
import { freePort } from '../support/lib/processes.ts';

const BIN = join(import.meta.dirname, '..', '..', 'src', 'bin.js');
const NOTHING = ':4';
const FILES = ':0';

async function complete(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { stdout, stderr, exitCode } = await runWasmgate(['__complete', ...words], { env });
  expect([stderr, exitCode]).toEqual(['', 0]);
  const lines = stdout.trimEnd().split('\n');
  return { values: lines.slice(0, -1).map((line) => line.split('\t', 1)[0]), directive: lines.at(-1) };
}

let folder = '';
let kubeconfig = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-completion-'));
  for (const name of ['wasmgate', 'kubectl-wasmgate', 'kubectl_complete-wasmgate'])
    await symlink(BIN, join(folder, name));
  await mkdir(join(folder, 'files'));
  await writeFile(join(folder, 'files', 'pod.yaml'), '');
  kubeconfig = join(folder, 'kubeconfig.yaml');
  const names = ['prod', 'arn:aws:eks:eu:1:cluster/x', '$(touch /tmp/pwned)'];
  const contexts = names.map((name) => ({ name, context: { cluster: 'c' } }));
  const server = `http://127.0.0.1:${await freePort()}`;
  await writeFile(kubeconfig, JSON.stringify({ clusters: [{ name: 'c', cluster: { server } }], contexts }));
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes a kubeconfig with one cluster. */
async function writeCluster(server: string, user: object): Promise<string> {
  const file = join(folder, 'one-cluster.yaml');
  const content = {
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(file, JSON.stringify(content));
  return file;
}

test.for<readonly [words: readonly string[], values: readonly string[], directive: string]>([
  [['expl'], ['explain'], NOTHING],
  [['--ver'], ['--version'], NOTHING],
  [['help', 'ins'], ['inspect'], NOTHING],
  [['nonsense', ''], [], NOTHING],
  [['review', '--outp'], ['--output'], NOTHING],
  [['review', '-o', 'js'], ['json'], NOTHING],
  [['review', '--output=js'], ['json'], NOTHING],
  [['review', '-qo', 'js'], ['json'], NOTHING],
  [['review', '-f', ''], [], FILES],
  [['review', '--facts='], [], FILES],
  [['review', ''], [], FILES],
  [['inspect', ''], [], FILES],
  [
    ['certs', '-'],
    ['--kubeconfig', '--context', '--secret', '--namespace', '--cert-dir', '--output', '--help'],
    NOTHING,
  ],
  [['certs', 'show', '--secret=a', '--c', ''], [], NOTHING],
  [['explain', 'handler-can'], ['handler-cannot-run-image'], NOTHING],
  [['explain', 'handler-cannot-run-image', 'handler-can'], [], NOTHING],
  [['config', ''], ['schema', 'defaults', 'check'], NOTHING],
  [['config', 'defaults', 'e'], ['edge'], NOTHING],
  [['config', 'check', ''], [], FILES],
  [['certs', ''], ['show'], NOTHING],
  [['certs', 'show', ''], [], NOTHING],
  [['completion', ''], ['bash', 'zsh', 'fish'], NOTHING],
  [['serve', '--port', ''], [], NOTHING],
])('%j', async ([words, values, directive]) => {
  expect(await complete(words)).toEqual({ values, directive });
});

test('every command is offered, and the hidden one is not', async () => {
  const { values } = await complete(['']);
  expect(values).toEqual(expect.arrayContaining(['serve', 'review', 'audit', 'completion', 'help']));
  expect(values).not.toContain('__complete');
  expect((await runWasmgate(['--help'])).stdout).not.toContain('__complete');
});

test('a flag that is given once is not offered again, unless it repeats', async () => {
  const { values } = await complete(['review', '--live', '--facts', 'a', '-']);
  expect(values).toContain('--facts');
  expect(values).not.toContain('--live');
});

describe('names of a cluster', () => {
  test('contexts come from the kubeconfig; those that a shell would run are left out', async () => {
    const values = ['prod', 'arn:aws:eks:eu:1:cluster/x'];
    const env = { KUBECONFIG: kubeconfig };
    expect(await complete(['review', '--context', ''], env)).toEqual({ values, directive: NOTHING });
    expect(await complete(['certs', '--kubeconfig', kubeconfig, '--context=pr'])).toMatchObject({
      values: ['prod'],
    });
  });

  test('an unreachable cluster has no namespaces, and no error', async () => {
    const words = ['audit', '--kubeconfig', kubeconfig, '--context', 'prod', '-n', ''];
    expect(await complete(words)).toEqual({ values: [], directive: NOTHING });
    expect(await complete(['audit', '-n', ''], { KUBECONFIG: '/nonexistent' })).toMatchObject({ values: [] });
  });

  test('a silent cluster does not block the prompt', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const file = await writeCluster(`http://127.0.0.1:${port}`, {});
    expect(await complete(['audit', '--kubeconfig', file, '-n', ''])).toMatchObject({ values: [] });
    silent.close();
  });

  test('a login program that hangs does not block the prompt', async () => {
    // Far longer than the prompt waits, and no longer than the test's process lives.
    const user = { exec: { command: 'sleep', args: ['30'] } };
    const file = await writeCluster('https://127.0.0.1:1', user);
    const startedAt = performance.now();
    const words = ['__complete', 'audit', '--kubeconfig', file, '-n', ''];
    expect(await run(process.execPath, [BIN, ...words])).toMatchObject({ stdout: `${NOTHING}\n`, code: 0 });
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });
});

test('completion names the shells', async () => {
  const { exitCode, stderr } = await runWasmgate(['completion', 'bsh']);
  expect([exitCode, stderr]).toEqual([
    2,
    'wasmgate: Cannot run "wasmgate completion": it takes one of bash, zsh, fish, found "bsh". Did you mean "bash"?\nSee: wasmgate completion --help\n',
  ]);
});

async function isInstalled(program: string): Promise<boolean> {
  return (await run(program, ['--version']).catch(() => null))?.code === 0;
}

const hasScript = await isInstalled('script');

/** The environment of a user who has installed wasmgate, in a folder with files. */
function environment(): NodeJS.ProcessEnv {
  const PATH = [folder, dirname(process.execPath), process.env['PATH']].join(delimiter);
  return {
    PATH,
    HOME: folder,
    TERM: 'dumb',
    KUBECONFIG: kubeconfig,
    NODE_COMPILE_CACHE: join(folder, 'cache'),
  };
}

/** Types lines into a shell on a terminal. Returns the arguments that wasmgate got for each. */
async function type(shell: string, setup: string, lines: readonly string[]): Promise<readonly string[]> {
  const show =
    'wasmgate() { case $1 in __complete) command wasmgate "$@";; *) printf "<%s>" "$@"; echo;; esac; }';
  const stdin = [setup, 'PS1=', show, ...lines, 'exit', ''].join('\n');
  const { stdout } = await run('script', ['-qec', shell, '/dev/null'], {
    stdin,
    env: environment(),
    cwd: folder,
  });
  // The terminal also echoes what is typed.
  return stdout.split(/[\r\n]+/).filter((line) => /^(?:<[^<>]*>)+$/.test(line));
}

const LINES = [
  'wasmgate explain handler-can\t',
  'wasmgate rev\t--outp\tjs\t',
  'wasmgate review --output=js\t',
  'wasmgate review --facts=files/po\t',
  'wasmgate certs files/po\t',
  'wasmgate review --context arn:aws:\t',
  'true | wasmgate config def\ted\t',
];

const TYPED = [
  '<explain><handler-cannot-run-image>',
  '<review><--output><json>',
  '<review><--output=json>',
  '<review><--facts=files/pod.yaml>',
  '<certs><files/po>',
  '<review><--context><arn:aws:eks:eu:1:cluster/x>',
  '<config><defaults><edge>',
];

test.skipIf(!hasScript || !(await isInstalled('bash')))('bash completes what is typed', async () => {
  expect(await type('bash --norc -i', 'source <(wasmgate completion bash)', LINES)).toEqual(TYPED);
});

test.skipIf(!hasScript || !(await isInstalled('zsh')))('zsh completes what is typed', async () => {
  const setup = 'autoload -Uz compinit; compinit -u -D; source <(wasmgate completion zsh)';
  expect(await type('zsh -f -i', setup, LINES)).toEqual(TYPED);
});

test.skipIf(!(await isInstalled('fish')))('fish completes what is typed', async () => {
  const ask = (words: string) =>
    run('fish', ['--no-config', '-c', `wasmgate completion fish | source; complete -C 'wasmgate ${words}'`], {
      env: environment(),
      cwd: folder,
    });
  for (const [words, values] of [
    ['explain handler-can', 'handler-cannot-run-image\terror\n'],
    ['review --output=js', '--output=json\n'],
    ['review --facts=files/po', '--facts=files/pod.yaml\n'],
    ['certs files/po', ''],
    ['review --context arn:aws:', 'arn:aws:eks:eu:1:cluster/x\n'],
  ] as const)
    expect(await ask(words)).toMatchObject({ stdout: values, stderr: '' });
});

test('kubectl completes the plugin by a program of its own', async () => {
  const env = environment();
  expect(await run('kubectl_complete-wasmgate', ['certs', ''], { env })).toMatchObject({
    stdout: 'show\n:4\n',
  });
});
