import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { podOf, useReviewStage } from '../../support/cli/review-stage.ts';

const stage = useReviewStage();

let root: string;
beforeAll(async () => {
  root = join(stage.folder, 'repository');
  await mkdir(join(root, '.git'), { recursive: true });
});

async function review(name: string, text: string, args: readonly string[] = []) {
  const file = await stage.write(join('repository', name), text);
  return stage.review(['-f', file, '--facts', stage.facts, '-o', 'github', ...args], { folder: root });
}

interface Command {
  readonly command: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

function unescape(text: string): string {
  return text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');
}

/** Reads a line as the runner does (ActionCommand.cs); null for one that is no command. */
function parseCommand(line: string): Command | null {
  const [, head, message] = /^\s*::(.*?)::(.*)$/.exec(line) ?? [];
  if (head === undefined || message === undefined) return null;
  const [command = '', ...rest] = head.split(' ');
  const pairs = rest
    .join(' ')
    .split(',')
    .map((pair) => pair.split(/=(.*)/s).slice(0, 2));
  const properties = Object.fromEntries(pairs.map(([key, value]) => [key, unescape(value ?? '')]));
  return { command, properties, message: unescape(message) };
}

function commandsIn(output: string): readonly Command[] {
  return output.split('\n').flatMap((line) => parseCommand(line) ?? []);
}

const WARNED = podOf('warned', 'bk-wasi-wasm', '  runtimeClassName: wasmtime\n  hostUsers: false');
const DENIED = podOf('denied', 'spin-v2-app', '  runtimeClassName: wasmtime');
const LINUX = podOf('linux', 'linux-plain');

describe('annotations', () => {
  test('name file, line, finding and fix, errors first, and a summary ends them', async () => {
    const { stdout, stderr, exitCode } = await review('pods.yaml', [WARNED, LINUX, DENIED].join('\n---\n'));
    const commands = commandsIn(stdout);
    expect(commands).toMatchObject([
      {
        command: 'error',
        properties: { file: 'pods.yaml', line: '26', title: 'wasmgate/handler-cannot-run-image' },
        message: expect.stringMatching(
          /^Pod default\/denied: container "app" .*\nFix: Set runtimeClassName /,
        ),
      },
      {
        command: 'warning',
        properties: { file: 'pods.yaml', line: '9', title: 'wasmgate/user-namespace-unsupported' },
      },
    ]);
    expect(stdout.trimEnd().split('\n').slice(2)).toEqual(['3 reviewed: 1 admitted, 1 changed, 1 denied.']);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 1 });
  });

  test('are notices for findings of severity info', async () => {
    const crun = '{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: crun}, handler: crun}';
    const pod = podOf('info', 'bk-wasi-wasm', '  runtimeClassName: crun');
    const { stdout } = await review('info.yaml', `${crun}\n---${pod}`);
    expect(commandsIn(stdout).at(-1)).toMatchObject({
      command: 'notice',
      properties: { title: 'wasmgate/annotation-delivery-unknown' },
    });
  });

  test('are ten of each level, and the summary counts the rest', async () => {
    const pods = Array.from({ length: 12 }, (_, index) => [
      DENIED.replace('denied', `denied-${index}`),
      WARNED.replace('warned', `warned-${index}`),
    ]);
    const { stdout } = await review('many.yaml', pods.flat().slice(1).join('\n---\n'));
    const commands = commandsIn(stdout).map(({ command }) => command);
    expect(commands).toEqual([...Array<string>(10).fill('error'), ...Array<string>(10).fill('warning')]);
    expect(stdout).toMatch(/\. Not shown, as GitHub takes ten of each: 1 more error, 2 more warnings\.\n$/);
  });

  test('say what could not be judged, once', async () => {
    const text = [podOf('gone', 'none'), podOf('named', 'none', '  runtimeClassName: wasmtime'), 'a: ['];
    const { stdout, exitCode } = await review('unknown.yaml', text.join('\n---\n'));
    expect(exitCode).toBe(2);
    expect(
      commandsIn(stdout).map(({ command, properties }) => [command, properties['title'], properties['line']]),
    ).toEqual([
      ['error', 'wasmgate: unreadable', '19'],
      ['warning', 'wasmgate: undecided', '2'],
      ['warning', 'wasmgate/image-unknown', '16'],
    ]);
  });

  test('leave out what --quiet does', async () => {
    const text = [WARNED, LINUX].join('\n---\n');
    expect(await review('quiet.yaml', text, ['-q'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    const denied = await review('quiet.yaml', `${text}\n---\n${DENIED}`, ['-q']);
    expect(denied.stdout).toMatch(/^::error [^\n]*\n$/);
  });
});

describe('a text from a manifest', () => {
  /** Other commands: `##[` may stand anywhere in a line, unless the line begins with one that is known (ActionCommandManager.cs). */
  const OBEYED = /^\s*::(?!error |warning |notice )|^(?!::(?:error|warning|notice) ).*##\[/m;
  const TRICKS = [
    '\n::stop-commands::x\n',
    '\r\n::error::y',
    '%0A::debug::z',
    ' ##[error]v',
    '::add-mask::a,line=7',
  ];

  test.for(TRICKS)('cannot give a command: %j', async (trick) => {
    const name = JSON.stringify(`a${trick}`);
    const pod = podOf(name, 'spin-v2-app', `  runtimeClassName: ${name}`);
    const { stdout, stderr } = await review('tricks.yaml', `${pod}\n---\n${podOf(name, 'none')}`);
    expect(stdout + stderr).not.toMatch(OBEYED);
    expect(commandsIn(stdout).map(({ command, properties }) => [command, Object.keys(properties)])).toEqual([
      ['error', ['file', 'line', 'title']],
      ['warning', ['file', 'line', 'title']],
    ]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    // Nothing is lost but control characters.
    const text = trick.trim().replaceAll(/[\r\n]+/g, ' ');
    expect(commandsIn(stdout)[0]?.message).toContain(text);
  });

  test('cannot give a command as the name of a file', async () => {
    const name = '::stop-commands::x,line=3 ##[error]%0A.yaml';
    const { stdout, stderr } = await review(name, `${DENIED}\n---\na: [`);
    expect(stdout + stderr).not.toMatch(OBEYED);
    expect(commandsIn(stdout).map(({ properties }) => properties['file'])).toEqual([name, name]);
    expect(stderr).toContain('invalid YAML');
  });

  test('cannot give a command in a table, where wrapping begins lines with its words', async () => {
    const name = JSON.stringify(`${'::stop-commands::x '.repeat(30)}##[error]v`);
    const file = await stage.write('table.yaml', podOf('a', 'spin-v2-app', `  runtimeClassName: ${name}`));
    const { stdout, stderr } = await stage.review(['-f', file]);
    expect(stdout).toContain('stop-commands');
    expect(stdout + stderr).not.toMatch(OBEYED);
  });
});
