import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runInspect } from '../../support/cli/run-inspect.ts';
import { putFixtureImages } from '../../support/image/fixture-images.ts';
import { freePort } from '../../support/lib/processes.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import { startServer, type TestServer } from '../../support/server/http-server.ts';
import { createTestCertificate, sharedTestCertificate } from '../../support/server/tls.ts';

let folder: string;
let rightCa: string;
let wrongCa: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-inspect-'));
  rightCa = join(folder, 'right.pem');
  wrongCa = join(folder, 'wrong.pem');
  await writeFile(rightCa, (await sharedTestCertificate()).caCert);
  await writeFile(wrongCa, (await createTestCertificate()).caCert);
});

afterAll(() => rm(folder, { recursive: true }));

async function startTls(handler: RequestListener): Promise<TestServer> {
  const { key, cert } = await sharedTestCertificate();
  return startServer(handler, { key, cert });
}

function reasonIn(stdout: string): string {
  const report = JSON.parse(stdout) as { readonly verdict: { readonly reason: string } };
  return report.verdict.reason;
}

describe('exit codes', () => {
  const answering =
    (status: number, headers: Readonly<Record<string, string>> = {}): RequestListener =>
    (_request, response) =>
      void response.writeHead(status, headers).end();
  const json: RequestListener = (_request, response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end('{}');

  test.for<{ name: string; handler: RequestListener; reason: string; code: number; says: string }>([
    { name: '401', handler: answering(401), reason: 'unauthorized', code: 1, says: 'docker login 127.0.0.1' },
    { name: '403', handler: answering(403), reason: 'unauthorized', code: 1, says: '--password-stdin' },
    { name: '404', handler: answering(404), reason: 'not-found', code: 1, says: 'has no such image' },
    { name: '429', handler: answering(429), reason: 'rate-limited', code: 3, says: 'rate limit is exceeded' },
    {
      name: '500',
      handler: answering(500),
      reason: 'unreachable',
      code: 3,
      says: 'cannot be reached or is failing',
    },
    { name: 'no manifest', handler: json, reason: 'invalid', code: 3, says: 'does not come from a registry' },
    {
      name: 'a redirect to the metadata service',
      handler: answering(302, { location: 'http://169.254.169.254/' }),
      reason: 'denied-by-config',
      code: 3,
      says: 'wasmgate itself blocked the request',
    },
    { name: 'silence', handler: () => undefined, reason: 'timeout', code: 3, says: '--timeout' },
  ])('$name: $reason, $code', async ({ handler, reason, code, says }) => {
    await using server = await startServer(handler);
    const argv = [`${server.host}/a/b`, '--timeout', reason === 'timeout' ? '1s' : '60s'];
    const { exitCode, stdout, stderr } = await runInspect([...argv, '-o', 'json']);
    expect({ exitCode, reason: reasonIn(stdout) }).toEqual({ exitCode: code, reason });
    const [what, next, ...rest] = stderr.split('\n');
    expect(what).toMatch(/^wasmgate: Cannot (?:read|inspect) image "127\.0\.0\.1:\d+\/a\/b:latest": /);
    expect(next).toContain(says);
    expect(rest).toEqual(['']);
    expect(await runInspect(argv)).toMatchObject({ exitCode: code, stdout: '' });
  });

  test('an image that no RuntimeClass can start is undecided, and reported nevertheless', async () => {
    await using registry = await startRegistry({ images: putFixtureImages });
    const run = await runInspect([`${registry.host}/corpus/bk-js-wasm`]);
    expect(run.exitCode).toBe(3);
    expect(run.stdout).toContain('js/wasm');
    expect(run.stderr).toContain('Build it for WASI');
  });
});

describe('an unreachable registry', () => {
  test('connection refused', async () => {
    const run = await runInspect([`127.0.0.1:${await freePort()}/a`]);
    expect(run).toMatchObject({ exitCode: 3, stdout: '' });
    expect(run.stderr).toContain('connection refused');
  });

  test('unknown host name', async () => {
    const run = await runInspect(['registry.invalid/a', '-o', 'json']);
    expect([run.exitCode, reasonIn(run.stdout)]).toEqual([3, 'unreachable']);
    expect(run.stderr).toContain('registry.invalid');
  });
});

describe('TLS with a private certificate authority', () => {
  test('is trusted with --ca-file, on this machine, too', async () => {
    const { key, cert } = await sharedTestCertificate();
    await using registry = await startRegistry({ images: putFixtureImages, tls: { key, cert } });
    const run = await runInspect([`${registry.host}/corpus/spin-v2-app`, '--ca-file', rightCa]);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('an unknown authority is reported, with the flag to use', async () => {
    await using server = await startTls(() => undefined);
    const run = await runInspect([`${server.host}/a`, '--ca-file', wrongCa, '-o', 'json']);
    expect([run.exitCode, reasonIn(run.stdout)]).toEqual([3, 'tls']);
    expect(run.stderr).toContain('--ca-file FILE');
  });

  test('without --ca-file a registry on this machine gets plain HTTP, and the error names the flag', async () => {
    await using server = await startTls(() => undefined);
    const run = await runInspect([`${server.host}/a`]);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('If it uses TLS, name its authority: --ca-file FILE.');
  });

  test('HTTPS to a registry that serves plain HTTP', async () => {
    await using server = await startServer(() => undefined);
    const run = await runInspect([`${server.host}/a`, '--ca-file', rightCa]);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('--plain-http');
  });
});

describe('an invalid command line: exit code 2 and no request', () => {
  const IMAGE = 'registry.invalid/a';
  test.for<readonly [name: string, argv: readonly string[], says: string]>([
    ['no image', [], 'it takes an image'],
    ['two images', [IMAGE, 'b'], 'found "b"'],
    ['no reference', ['Not/An/Image'], 'invalid image "Not/An/Image"'],
    ['a URL', ['https://ghcr.io/a/b'], 'no scheme'],
    ['a misspelled flag', [IMAGE, '--platfrom', 'linux/amd64'], 'Did you mean "--platform"?'],
    ['a misspelled output', [IMAGE, '-o', 'jsn'], 'Did you mean "json"?'],
    ['a platform of one word', [IMAGE, '--platform', 'linux'], '--platform takes OS/ARCH'],
    ['a timeout without unit', [IMAGE, '--timeout', '10'], '--timeout takes a duration'],
    ['no time at all', [IMAGE, '--timeout', '0s'], '--timeout takes a duration'],
    ['more time than timers have', [IMAGE, '--timeout', '1000h'], '--timeout takes a duration'],
    ['a user without password', [IMAGE, '--username', 'me'], 'requires --password-stdin'],
    ['a password without user', [IMAGE, '--password-stdin'], 'requires --username'],
    ['an empty password', [IMAGE, '--username', 'me', '--password-stdin'], 'no password on standard input'],
    ['plain and TLS', [IMAGE, '--plain-http', '--ca-file', 'x'], 'exclude each other'],
    [
      'a missing CA file',
      [IMAGE, '--ca-file', '/nonexistent/ca.pem'],
      'a PEM file of certificates. Cannot read "/nonexistent/ca.pem": there is no such file',
    ],
    ['an authority that is none', [IMAGE, '--ca-file', import.meta.filename], 'it contains no certificate'],
    ['a missing Docker config', [IMAGE, '--docker-config', '/nonexistent'], '/nonexistent/config.json'],
    ['half of a plugin', [IMAGE, '--image-credential-provider-bin-dir', '/'], 'require each other'],
  ])('%s', async ([, argv, says]) => {
    const { exitCode, stdout, stderr } = await runInspect(argv);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
    expect(stderr).toContain('See: wasmgate inspect --help');
  });
});
