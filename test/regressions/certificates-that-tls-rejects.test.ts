import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { SERVICE_NAMES, startAll, startClusterOfReplicas } from '../support/certs/cluster-of-replicas.ts';

type Texts = Readonly<Record<string, string>>;

const BROKEN = '\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

/** Issues a certificate with a key of 1,024 bits, which OpenSSL's defaults no longer serve. */
async function issueWeak(texts: Texts): Promise<Texts> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-weak-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const at = (name: string): string => join(folder, name);
  const run = promisify(execFile);
  for (const name of ['ca.crt', 'ca.key']) await writeFile(at(name), texts[name] ?? '');
  const names = SERVICE_NAMES.map((name) => `DNS:${name}`).join();
  await writeFile(at('extensions'), `subjectAltName=${names}\n`);
  const request = ['req', '-new', '-nodes', '-newkey', 'rsa:1024', '-subj', '/CN=wasmgate'];
  await run('openssl', [...request, '-keyout', at('tls.key'), '-out', at('request')]);
  const signing = ['x509', '-req', '-in', at('request'), '-CA', at('ca.crt'), '-CAkey', at('ca.key')];
  await run('openssl', [...signing, '-days', '10', '-extfile', at('extensions'), '-out', at('tls.crt')]);
  return {
    ...texts,
    'tls.crt': await readFile(at('tls.crt'), 'utf8'),
    'tls.key': await readFile(at('tls.key'), 'utf8'),
  };
}

/** The server threw: at each start, or when it was to serve what an operator had pasted into the Secret. */
test.each<readonly [string, (texts: Texts) => Promise<Texts>]>([
  [
    'a chain that breaks off',
    (texts) => Promise.resolve({ ...texts, 'tls.crt': `${texts['tls.crt']}${BROKEN}` }),
  ],
  ['a weak key', issueWeak],
])('a Secret with %s gets another certificate', async (_case, change) => {
  const cluster = await startClusterOfReplicas();
  const [running] = await startAll(cluster, 1);
  cluster.writeSecret(await change(cluster.texts()));
  const starting = cluster.startReplica();
  const first = await starting.begin();
  expect(() => createSecureContext({ cert: first?.cert, key: first?.key })).not.toThrow();
  await running?.check();
  const served = await running?.served();
  expect(() => createSecureContext({ cert: served?.cert, key: served?.key })).not.toThrow();
});
