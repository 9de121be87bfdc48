import { describe, expect, test } from 'vitest';
import { exitCodeFor, type JudgedItem } from '../../../src/cli/fail-on.ts';
import { podOf, useReviewStage } from '../../support/cli/review-stage.ts';

const stage = useReviewStage();

const LINUX = podOf('linux', 'linux-plain');
/** Changed, with a warning: `memory-below-floor`. */
const WARNED = podOf('warned', 'bk-wasi-wasm').replace(
  'bk-wasi-wasm}',
  'bk-wasi-wasm, resources: {limits: {memory: 1Mi}}}',
);
const DENIED = podOf('denied', 'spin-v2-app', '  runtimeClassName: wasmtime');
/** Undecided, with `image-unknown`, which is a warning. */
const UNREAD = podOf('unread', 'no-such-image', '  runtimeClassName: wasmtime');

async function run(pods: readonly string[], ...flags: readonly string[]) {
  const file = await stage.write('pods.yaml', pods.join('\n---\n'));
  return stage.review(['-f', file, '--facts', stage.facts, ...flags]);
}

describe('--fail-on', () => {
  test.for([
    ['nothing', [LINUX], [0, 0, 0]],
    ['a warning', [LINUX, WARNED], [0, 1, 0]],
    ['an unread image', [LINUX, UNREAD], [3, 3, 0]],
    ['a warning and an unread image', [WARNED, UNREAD], [3, 1, 0]],
    ['a denial and an unread image', [DENIED, UNREAD], [1, 1, 0]],
    ['an invalid document', [LINUX, 'a: ['], [2, 2, 2]],
  ] as const)('exit codes for %s, at error, warning and never', async ([, pods, codes]) => {
    const runs = await Promise.all(
      ['error', 'warning', 'never'].map((level) => run(pods, '--fail-on', level)),
    );
    expect(runs.map(({ exitCode }) => exitCode)).toEqual(codes);
    expect((await run(pods)).exitCode).toBe(codes[0]);
  });

  test('in mode warn, an error that is not denied fails at warning', async () => {
    const policy = 'apiVersion: wasmgate.dev/v1alpha1, kind: Configuration, policy: {mode: warn}';
    const config = await stage.write('warn.yaml', `{${policy}}`);
    expect(await run([DENIED], '--config', config)).toMatchObject({ exitCode: 0 });
    expect(await run([DENIED], '--config', config, '--fail-on', 'warning')).toMatchObject({ exitCode: 1 });
  });

  test('findings of severity info and exceptions never fail', async () => {
    const info = podOf('info', 'bk-wasi-wasm', '  runtimeClassName: crun-wasm');
    const classes = await stage.write(
      'crun.yaml',
      '{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: crun-wasm}, handler: crun}',
    );
    const file = await stage.write('info.yaml', info);
    const args = ['-f', file, '--facts', classes];
    const { items } = await stage.report(args);
    expect(items[0]?.findings).toMatchObject([{ severity: 'info' }]);
    expect(await stage.review([...args, '--fail-on', 'warning'])).toMatchObject({ exitCode: 0 });

    const policy = 'exceptions: [{namespaces: ["default"], findings: [memory-below-floor]}]';
    const config = await stage.write(
      'excepted.yaml',
      `{apiVersion: wasmgate.dev/v1alpha1, kind: Configuration, policy: {${policy}}}`,
    );
    expect(await run([WARNED], '--config', config, '--fail-on', 'warning')).toMatchObject({ exitCode: 0 });
  });

  test('what running Pods lack fails, whatever becomes of new ones', () => {
    const finding = { severity: 'error', action: 'warn', concerns: 'running-pods' } as const;
    const item: JudgedItem = { outcome: 'changed', findings: [finding] };
    expect(exitCodeFor([item], 'error')).toBe(1);
    expect(exitCodeFor([{ ...item, findings: [{ ...finding, concerns: 'new-pods' }] }], 'error')).toBe(0);
  });

  test('a level that does not exist is an error that lists the levels', async () => {
    const { exitCode, stderr } = await run([LINUX], '--fail-on', 'warnings');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      'flag --fail-on takes one of error, warning, never, found "warnings". Did you mean "warning"?',
    );
  });
});

describe('--quiet', () => {
  const SERVICE = '{apiVersion: v1, kind: Service, metadata: {name: web}}';

  test('prints nothing if nothing fails', async () => {
    const all = [LINUX, WARNED, SERVICE, podOf('windows', 'linux-plain', '  os: {name: windows}')];
    expect(await run(all, '-q')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  test('prints only objects that fail or are undecided', async () => {
    const { stdout, stderr } = await run([LINUX, WARNED, DENIED, UNREAD], '--quiet');
    expect(stdout).toMatch(/^denied +Pod default\/denied/);
    expect(stdout).toMatch(/^undecided +Pod default\/unread/m);
    expect(stdout).not.toMatch(/default\/(?:linux|warned)|reviewed/);
    expect(stderr).toBe('');
  });

  test('shows warnings if they fail', async () => {
    const { stdout } = await run([LINUX, WARNED], '-q', '--fail-on', 'warning');
    expect(stdout).toContain('Pod default/warned');
    expect(stdout).not.toContain('Pod default/linux');
  });

  test('drops notes, but no error', async () => {
    const bare = await stage.write('bare.yaml', podOf('a', 'bk-wasi-wasm'));
    expect(await stage.review(['-f', bare])).toMatchObject({ stderr: expect.stringMatching(/^Note: /) });
    expect(await stage.review(['-q', '-f', bare])).toMatchObject({ exitCode: 3, stderr: '' });
    const broken = await stage.write('broken.yaml', 'a: [');
    expect(await stage.review(['-q', '-f', broken])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('invalid YAML'),
    });
  });

  test('leaves JSON complete', async () => {
    const file = await stage.write('pods.yaml', [LINUX, DENIED].join('\n---\n'));
    const args = ['-f', file, '--facts', stage.facts];
    expect(await stage.report([...args, '-q'])).toEqual(await stage.report(args));
  });

  test('excludes --verbose', async () => {
    expect(await run([LINUX], '-q', '-v')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--quiet and --verbose exclude each other'),
    });
  });
});
