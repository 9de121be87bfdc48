import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CertificateReport } from '../../../src/certs/certificate-report.ts';
import { issue, type Wanted } from '../../support/certs/issue.ts';
import { mountSecret } from '../../support/certs/mounted-secret.ts';
import { runWasmgate } from '../../support/cli/run-wasmgate.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-certs-show-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Mounts a leaf by an intermediate, whose root is `ca.crt`. */
async function mountChain(leaf: Partial<Wanted> = {}): Promise<void> {
  const root = await issue({ commonName: 'root', isCa: true });
  const middle = await issue({ commonName: 'middle', isCa: true, by: root });
  const { cert, key } = await issue({ commonName: 'leaf', names: ['a.example'], ...leaf, by: middle });
  await mountSecret(folder, { 'tls.crt': cert + middle.cert, 'tls.key': key, 'ca.crt': root.cert });
}

async function show(...flags: readonly string[]) {
  const { exitCode, stdout, stderr } = await runWasmgate([
    'certs',
    'show',
    '--cert-dir',
    folder,
    '-o',
    'json',
    ...flags,
  ]);
  return { exitCode, stdout, stderr, report: JSON.parse(stdout) as CertificateReport };
}

test('a mounted chain is shown with its CA, without a cluster and without its key', async () => {
  await mountChain();
  const { exitCode, stdout, report } = await show();
  expect(exitCode).toBe(0);
  expect(report.source).toEqual({ kind: 'folder', name: folder });
  expect(report.certificates).toMatchObject([
    {
      role: 'serving',
      subject: 'CN=leaf',
      issuer: 'CN=middle',
      subjectAltNames: ['DNS:a.example'],
      daysLeft: 29,
    },
    { role: 'intermediate', key: 'tls.crt', subject: 'CN=middle', issuer: 'CN=root' },
    { role: 'authority', key: 'ca.crt', subject: 'CN=root', inCaBundle: null },
  ]);
  expect(stdout).not.toContain('PRIVATE KEY');
});

test.each<[state: string, leaf: Partial<Wanted>, what: RegExp]>([
  ['has expired', { from: -3, to: -2 }, /^tls\.crt: it expired at 20/],
  ['is not valid yet', { from: 2 }, /^tls\.crt: it is not valid before 20/],
  ['is for clients', { usage: 'clientAuth' }, /server authentication/],
])('a certificate that %s is a problem with exit code 1', async (_state, leaf, what) => {
  await mountChain(leaf);
  const { exitCode, report } = await show();
  expect(exitCode).toBe(1);
  expect(report.problems).toMatchObject([{ kind: 'failed', what: expect.stringMatching(what) }]);
});

test('names of any length and number are bounded, and cannot control the terminal', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `host-${index}.example`);
  await mountChain({ names, commonName: `\u001B[31m${'x'.repeat(500)}` });
  const { report } = await show();
  const [serving] = report.certificates;
  expect(serving?.subjectAltNames.length).toBe(33);
  expect(serving?.subjectAltNames.at(-1)).toBe('and 8 more');
  expect(serving?.subject.length).toBeLessThanOrEqual(256);
  const { stdout } = await runWasmgate(['certs', 'show', '--cert-dir', folder]);
  expect(stdout).not.toContain('\u001B');
});

test('a narrow terminal gets no line that is wider, but for single words', async () => {
  await mountChain();
  const { stdout } = await runWasmgate(['certs', 'show', '--cert-dir', folder], {
    columns: 40,
  });
  const wide = stripVTControlCharacters(stdout)
    .split('\n')
    .filter((line) => line.length > 40 && line.trim().includes(' '));
  expect(wide).toEqual([]);
});

test('a folder without certificates is an error that names the file', async () => {
  const { exitCode, stdout, stderr } = await runWasmgate(['certs', 'show', '--cert-dir', folder]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(`Cannot read "${join(folder, 'tls.crt')}"`);
});

test('a cluster that does not answer leaves the result undecided', async () => {
  const kubeconfig = join(folder, 'kubeconfig');
  const content = {
    clusters: [{ name: 'a', cluster: { server: 'http://127.0.0.1:1' } }],
    users: [{ name: 'a', user: {} }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    'current-context': 'a',
  };
  await writeFile(kubeconfig, JSON.stringify(content));
  const { exitCode, stdout } = await runWasmgate(['certs', 'show', '--kubeconfig', kubeconfig, '-o', 'json']);
  expect(exitCode).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ certificates: [], problems: [{ kind: 'unknown' }] });
});

test.each([
  [[], 'it takes the word show'],
  [['shwo'], 'Did you mean "show"?'],
  [['show', 'all'], 'takes no more arguments, found "all"'],
  [['show', '--cert-dir', 'x', '--secret', 'y'], '--cert-dir reads no cluster, so it excludes --secret'],
  [['show', '-o', 'yaml'], 'takes one of table, json'],
])('certs %j is a usage error', async (args, message) => {
  const { exitCode, stderr } = await runWasmgate(['certs', ...args]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
});
