import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { pushImage, targetOf } from '../../../src/fake-registry/push-image.ts';
import { HANDLER_PROFILES } from '../../../src/policy/handlers/handler-profiles.ts';
import { runInspect, type InspectRun } from '../../support/cli/run-inspect.ts';
import { loadFixtureImages, putFixtureImages } from '../../support/image/fixture-images.ts';
import { startRegistry, type TestRegistry } from '../../support/registry/registry.ts';

let registry: TestRegistry;

const HOSTILE = '/\u001b[2J\u001b]0;owned\u0007\u202eapp\nImage   container.wasm';

beforeAll(async () => {
  registry = await startRegistry({ images: putFixtureImages });
  pushImage(targetOf(registry.store, 'corpus/hostile:latest'), {
    os: 'linux',
    architecture: 'amd64',
    files: {},
    entrypoint: [HOSTILE],
  });
});

afterAll(() => registry.close());

function at(name: string): string {
  return `${registry.host}/corpus/${name}`;
}

async function inspectJson(...argv: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await runInspect([...argv, '-o', 'json']);
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
}

describe('the JSON is stable for scripts', () => {
  test('has every key in order, with its value', async () => {
    const { stdout, stderr, exitCode } = await runInspect([at('spin-v2-app'), '-o', 'json']);
    expect([exitCode, stderr]).toEqual([0, '']);
    const no = (why: string) => ({ runs: 'no', why });
    const noFile = no("needs a file in the image's file system, not a Wasm layer");
    const noHost = no('cannot host this kind of application');
    const expected = {
      reference: `${at('spin-v2-app')}:latest`,
      digest: 'sha256:3fdfd025c2233e62f8f28476ed293f319d2ac1b8697393260b716636b5150a03',
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      verdict: { kind: 'wasm', flavour: 'spin-app', shape: 'application', reason: null },
      evidence: [
        {
          field: 'manifest.layers[2].mediaType',
          value: 'application/vnd.fermyon.spin.application.v1+config',
          meaning: 'the locked application of Spin 2 and later',
        },
      ],
      pull: { ok: true, detail: null, insteadUse: null },
      handlers: {
        ...Object.fromEntries(HANDLER_PROFILES.map(({ name }) => [name, noHost])),
        runc: no('runs Linux programs only'),
        crun: noFile,
        'crun-wasm': noFile,
        wasm: { runs: 'unknown', why: 'may contain any engine' },
        spin: {
          runs: 'yes',
          why: 'runs Spin applications; needs command ["/"] in the Pod and a writable root file system',
        },
      },
      requests: 2,
      bytes: 1154,
    };
    expect(stdout).toBe(`${JSON.stringify(expected, null, 2)}\n`);
  });

  const text = expect.any(String) as string;
  const textOrNull = expect.toSatisfy((value) => value === null || typeof value === 'string') as string;

  test.each(loadFixtureImages())('has the same keys and types for $name', async ({ name, expect: truth }) => {
    const report = await inspectJson(at(name));
    expect(Object.keys(report)).toEqual([
      'reference',
      'digest',
      'mediaType',
      'verdict',
      'evidence',
      'pull',
      'handlers',
      'requests',
      'bytes',
    ]);
    expect(report).toEqual({
      reference: `${at(name)}:latest`,
      digest: truth.digest,
      mediaType: truth.mediaType,
      verdict: { kind: truth.verdict, flavour: textOrNull, shape: textOrNull, reason: textOrNull },
      evidence: (report['evidence'] as readonly unknown[]).map(() => ({
        field: text,
        value: text,
        meaning: text,
      })),
      pull: { ok: truth.pulls, detail: textOrNull, insteadUse: textOrNull },
      handlers: Object.fromEntries(
        HANDLER_PROFILES.map((profile) => [
          profile.name,
          { runs: expect.stringMatching(/^(?:yes|no|conditional|unknown)$/) as string, why: text },
        ]),
      ),
      requests: expect.any(Number) as number,
      bytes: expect.any(Number) as number,
    });
  });

  test('has null for what is unknown', async () => {
    const report = await inspectJson(at('nothing'));
    expect(report).toMatchObject({
      reference: `${at('nothing')}:latest`,
      digest: null,
      mediaType: null,
      verdict: { kind: 'unknown', flavour: null, shape: null, reason: 'not-found' },
      evidence: [],
      pull: { ok: null, detail: null, insteadUse: null },
      requests: 1,
    });
    expect((report['handlers'] as Record<string, unknown>)['wasmtime']).toEqual({
      runs: 'unknown',
      why: 'may or may not run it: the image is unknown',
    });
  });

  test('counts the requests that the registry received', async () => {
    const before = registry.log.length;
    const report = await inspectJson(at('bk-wasi-wasm-provenance'));
    expect(report['requests']).toBe(registry.log.length - before);
  });

  test('equals the YAML, also for readers of YAML 1.1', async () => {
    const { stdout } = await runInspect([at('spin-v2-app'), '--output=yaml']);
    const report = await inspectJson(at('spin-v2-app'));
    for (const version of ['1.1', '1.2'] as const) expect(parse(stdout, { version })).toEqual(report);
  });
});

describe('choosing the image', () => {
  test.each([
    ['a command that starts a Wasm file', ['--command', '/app.wasm'], 'wasm', 'pod.command[0]'],
    [
      'the first of several words decides',
      ['--command', '/bin/sh', '--command', '/a.wasm'],
      'container',
      'pod.command[0]',
    ],
    ['without any, the image’s own', [], 'container', 'config.Cmd[0]'],
  ])('%s', async (_case, flags, kind, field) => {
    const report = await inspectJson(at('linux-cmd-wasmtime-run'), ...flags);
    expect(report['verdict']).toMatchObject({ kind });
    const fields = (report['evidence'] as readonly { readonly field: string }[]).map((row) => row.field);
    expect(fields).toContain(field);
  });

  test.each([
    { flags: [], kind: 'container', ok: true },
    { flags: ['--platform', 'linux/amd64'], kind: 'container', ok: true },
    { flags: ['--platform', 'wasi/wasm'], kind: 'wasm', ok: false },
    { flags: ['--platform', 'WASI/wasm'], kind: 'wasm', ok: false },
  ])('an index with $flags: $kind', async ({ flags, kind, ok }) => {
    const report = await inspectJson(at('bk-linux-and-wasi-list'), ...flags);
    expect(report).toMatchObject({ verdict: { kind }, pull: { ok } });
    expect(report['digest']).toBe('sha256:2a428a52ec2b425039ad5758597839b3f71735acfe26c1c209571e14a34251ff');
  });

  test('an entry that nodes do not choose is named by its digest', async () => {
    const { pull } = await inspectJson(at('bk-linux-and-wasi-list'), '--platform', 'wasi/wasm');
    expect(pull).toMatchObject({ detail: expect.stringContaining('linux/amd64') as string });
    const { insteadUse } = pull as { readonly insteadUse: string };
    expect(await inspectJson(insteadUse)).toMatchObject({ verdict: { kind: 'wasm' }, pull: { ok: true } });
  });

  test('a platform that is not in the index', async () => {
    const { exitCode, stdout, stderr } = await runInspect([
      at('bk-linux-and-wasi-list'),
      '--platform',
      'linux/riscv64',
    ]);
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain('no entry for linux/riscv64, only for linux/amd64, wasi/wasm');
    expect(stderr).toContain('--platform linux/amd64');
  });

  test('a single image is used whatever its platform, as nodes do, without another request', async () => {
    expect(await inspectJson(at('spin-v2-app'), '--platform', 'linux/arm64')).toMatchObject({
      verdict: { flavour: 'spin-app' },
      requests: 2,
    });
  });
});

describe('reading layers', () => {
  test.each(loadFixtureImages().filter(({ expect: truth }) => truth.verdict === 'wasm'))(
    'finds the shape of $name',
    async ({ name, expect: truth }) => {
      expect((await inspectJson(at(name)))['verdict']).toMatchObject({ shape: truth.shape });
    },
  );

  test('does not happen with --no-peek', async () => {
    const without = await inspectJson(at('bk-wasi-wasm'), '--no-peek');
    expect(without).toMatchObject({ verdict: { shape: null }, requests: 2 });
    expect(await inspectJson(at('bk-wasi-wasm'))).toMatchObject({
      verdict: { shape: 'module' },
      requests: 3,
    });
  });

  test('that the registry denies causes a warning, and the result of the manifest stands', async () => {
    let blobs = 0;
    await using broken = await startRegistry({
      images: putFixtureImages,
      faults: (handler) => (request, response) => {
        const isBlob = request.url?.includes('/blobs/') === true;
        // The first one is the config.
        if (isBlob && ++blobs > 1) response.writeHead(403).end();
        else handler(request, response);
      },
    });
    const run = await runInspect([`${broken.host}/corpus/bk-wasi-wasm`, '-o', 'json']);
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ verdict: { kind: 'wasm', shape: null } });
    expect(run.stderr).toMatch(/^wasmgate: warning: layers were not read: .* 403/);
  });
});

describe('the table', () => {
  function inspectTable(name: string, columns?: number): Promise<InspectRun> {
    return runInspect([at(name)], columns === undefined ? {} : { columns });
  }

  test('shows what the image is, why, whether nodes can pull it and which handlers run it', async () => {
    const { stdout } = await inspectTable('bk-wasi-wasm-provenance');
    for (const line of [
      /^ {2}Image {4}wasm: .*\(wasi-index/m,
      /^ {2}Pulls {4}no: its index offers wasi\/wasm, which no node has$/m,
      /^ {2}Instead {2}\S+@sha256:5781b2d1889b/m,
      /^ {2}config\.Entrypoint\[0\]: \/hello\.wasm$/m,
      /^ {2}yes {10}crun-wasm, wasmtime, wasmedge/m,
      /^\d requests, [\d,]+ bytes read$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
  });

  test('names handlers with the same answer and reason in one row', async () => {
    const { stdout } = await inspectTable('helm-chart');
    const rows = stdout
      .slice(stdout.indexOf('\nHandlers\n'))
      .match(/^ {2}(?:yes|conditional|unknown|no)\b.*/gm);
    expect(rows).toEqual([expect.stringMatching(/^ {2}no {2}runc, crun, /)]);
    const names = HANDLER_PROFILES.map(({ name }) => name).join(', ');
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain(`no ${names}: does not run this kind of artifact; no RuntimeClass does`);
  });

  test('shows each reason for the same answer, handlers that run the image first', async () => {
    const stdout = stripVTControlCharacters((await inspectTable('spin-v2-app', 200)).stdout);
    expect(stdout.slice(stdout.indexOf('\nHandlers\n'))).toMatch(
      /\n {2}yes {6}spin: runs .*(?:\n {11}.*)*\n {2}unknown {2}wasm: .*\n {2}no {7}runc: .*\n {11}crun, crun-wasm: /,
    );
  });

  test('a risk is shown beside "yes"', async () => {
    const { stdout } = await inspectTable('bk-wasi-wasm');
    expect(stdout).toMatch(/Pulls {3}yes, but containerd 2\.3 and later does not unpack it \(os wasi\)/);
  });

  test.each([40, 60, 80, 200])('only long words exceed a terminal of %i columns', async (columns) => {
    const width = Math.min(columns, 120);
    const { stdout } = await inspectTable('bk-wasi-wasm', columns);
    const wide = stripVTControlCharacters(stdout)
      .split('\n')
      .filter((line) => line.length > width && line.trim().split(/\s+/).length > 2);
    expect(wide).toEqual([]);
  });

  test('a pipe gets no colors', async () => {
    const { stdout } = await inspectTable('bk-wasi-wasm');
    expect(stripVTControlCharacters(stdout)).toBe(stdout);
  });

  test('values from an image cannot control the terminal', async () => {
    const { stdout } = await inspectTable('hostile', 80);
    expect(stdout).toContain('app');
    expect(stripVTControlCharacters(stdout)).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    expect(stdout.match(/^ {2}Image/gm)).toHaveLength(1);
  });
});
