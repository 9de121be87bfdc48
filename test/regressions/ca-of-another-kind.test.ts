import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { CERTIFICATE_TIMES } from '../../src/certs/certificate-times.ts';
import type { CertificateAuthority } from '../../src/certs/serving-certificate.ts';
import { live, SERVICE_NAMES, startClusterOfReplicas } from '../support/certs/cluster-of-replicas.ts';
import { issue } from '../support/certs/issue.ts';

const KINDS = {
  RSA: ['-newkey', 'rsa:2048'],
  Ed25519: ['-newkey', 'ed25519'],
  'EC on a curve that browsers lack': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
} as const;

async function createAuthority(options: readonly string[]): Promise<CertificateAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-ca-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [cert, key] = [join(folder, 'ca.crt'), join(folder, 'ca.key')];
  const usages = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  const subject = ['-subj', '/CN=CA of the company', '-days', '3650'];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-nodes', ...options, '-keyout', key, '-out', cert],
    ...subject,
    ...usages,
  ]);
  return { caCert: await readFile(cert, 'utf8'), caKey: await readFile(key, 'utf8') };
}

/** wasmgate issues with EC keys only: it exited with "DataError: Invalid key type" at each start. */
test.each(Object.entries(KINDS))('a Secret with a CA of kind %s gets another CA', async (_kind, options) => {
  const { caCert, caKey } = await createAuthority(options);
  const cluster = await startClusterOfReplicas();
  cluster.writeSecret({ 'ca.crt': caCert, 'ca.key': caKey });
  const replica = cluster.startReplica();
  expect(await replica.begin()).not.toBeNull();
  await replica.check();
  expect(replica.fault()).toBeNull();
});

test('a CA that wasmgate cannot issue with is replaced by an overlap while its certificate serves', async () => {
  const authority = await createAuthority(KINDS.RSA);
  const by = { cert: authority.caCert, key: authority.caKey };
  const { cert, key } = await issue({
    commonName: 'wasmgate',
    names: SERVICE_NAMES,
    to: 300,
    keyType: 'rsa',
    by,
  });
  const cluster = await startClusterOfReplicas();
  cluster.writeSecret({
    'tls.crt': cert,
    'tls.key': key,
    'ca.crt': authority.caCert,
    'ca.key': authority.caKey,
  });
  const replica = cluster.startReplica();
  expect(await replica.begin()).toMatchObject({ cert });
  await live(cluster, [replica], 2 * CERTIFICATE_TIMES.overlapMilliseconds);
  expect((await replica.served())?.cert).not.toBe(cert);
  expect(cluster.trusted()).toHaveLength(2);
});
