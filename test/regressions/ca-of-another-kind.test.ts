import { expect, test } from 'vitest';
import { CERTIFICATE_TIMES } from '../../src/certs/certificate-times.ts';
import { live, SERVICE_NAMES, startClusterOfReplicas } from '../support/certs/cluster-of-replicas.ts';
import { issue } from '../support/certs/issue.ts';

/** wasmgate issues with EC keys only: it exited with "DataError: Invalid key type" at each start. */
test('a Secret with an RSA CA gets another CA', async () => {
  const { cert, key } = await issue({ commonName: 'CA of the company', isCa: true, keyType: 'rsa' });
  const cluster = await startClusterOfReplicas();
  cluster.writeSecret({ 'ca.crt': cert, 'ca.key': key });
  const replica = cluster.startReplica();
  expect(await replica.begin()).not.toBeNull();
  await replica.check();
  expect(replica.fault()).toBeNull();
});

test('an RSA CA is replaced by an overlap while its certificate serves', async () => {
  const by = await issue({ commonName: 'CA of the company', isCa: true, to: 3650, keyType: 'rsa' });
  const leaf = { commonName: 'wasmgate', names: SERVICE_NAMES, to: 300, keyType: 'rsa', by } as const;
  const { cert, key } = await issue(leaf);
  const cluster = await startClusterOfReplicas();
  cluster.writeSecret({ 'tls.crt': cert, 'tls.key': key, 'ca.crt': by.cert, 'ca.key': by.key });
  const replica = cluster.startReplica();
  expect(await replica.begin()).toMatchObject({ cert });
  await live(cluster, [replica], 2 * CERTIFICATE_TIMES.overlapMilliseconds);
  expect((await replica.served())?.cert).not.toBe(cert);
  expect(cluster.trusted()).toHaveLength(2);
});
