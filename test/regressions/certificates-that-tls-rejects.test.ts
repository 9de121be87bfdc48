import { createSecureContext } from 'node:tls';
import { expect, test } from 'vitest';
import { SERVICE_NAMES, startAll, startClusterOfReplicas } from '../support/certs/cluster-of-replicas.ts';
import { issue } from '../support/certs/issue.ts';

type Texts = Readonly<Record<string, string>>;

/** Issues a certificate with a key that is too short for OpenSSL's defaults. */
async function issueWeak(): Promise<Texts> {
  const ca = await issue({ commonName: 'CA', isCa: true, keyType: 'rsa' });
  const leaf = {
    commonName: 'wasmgate',
    names: SERVICE_NAMES,
    keyType: 'rsa',
    keySize: 1024,
    by: ca,
  } as const;
  const { cert, key } = await issue(leaf);
  return { 'tls.crt': cert, 'tls.key': key, 'ca.crt': ca.cert, 'ca.key': ca.key };
}

/** The server threw when it was to serve what an operator had pasted into the Secret. */
test('a chain that breaks off is replaced', async () => {
  const cluster = await startClusterOfReplicas();
  const [running] = await startAll(cluster, 1);
  const texts = cluster.texts();
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
  cluster.writeSecret({ ...texts, 'tls.crt': `${texts['tls.crt']}\n${broken}\n` });
  await running?.check();
  const served = await running?.served();
  expect(() => createSecureContext({ cert: served?.cert, key: served?.key })).not.toThrow();
});

/** It threw at each start. */
test('a replica that starts with a weak key serves another certificate', async () => {
  const cluster = await startClusterOfReplicas();
  cluster.writeSecret(await issueWeak());
  const first = await cluster.startReplica().begin();
  expect(() => createSecureContext({ cert: first?.cert, key: first?.key })).not.toThrow();
});
