import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CERTIFICATE_TIMES } from '../../src/certs/certificate-times.ts';
import { findCertificateFault } from '../../src/certs/find-certificate-fault.ts';
import { splitCertificates } from '../../src/certs/parse-certificates.ts';
import { validityOf } from '../../src/certs/serving-certificate.ts';
import {
  live,
  SERVICE_NAMES,
  startAll,
  startClusterOfReplicas,
  type ClusterOfReplicas,
} from '../support/certs/cluster-of-replicas.ts';
import { readBundle, renewCertificate, writeData } from '../support/certs/release-0.1.0.ts';

const { checkMilliseconds: CHECK, overlapMilliseconds: OVERLAP } = CERTIFICATE_TIMES;

/** A replica of 0.1.0 that starts: it reads or renews the certificate, and writes the text of `ca.crt` into `caBundle`. */
async function startPreviousRelease(cluster: ClusterOfReplicas) {
  const known = readBundle({ data: cluster.secret()?.data ?? {} });
  const bundle = await renewCertificate(known, SERVICE_NAMES);
  if (bundle !== known) cluster.writeData(writeData(bundle));
  cluster.writeBundle(bundle.caCert);
  return bundle;
}

/** Reports whether an API server with this `caBundle` accepts a certificate. */
function isAccepted(cert: string, bundle: string): boolean {
  const certificate = new X509Certificate(cert);
  return splitCertificates(bundle).some((ca) => {
    const authority = new X509Certificate(ca);
    return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  });
}

describe('0.1.0 takes the Secret over, and all that is served stays trusted', () => {
  test.for<readonly [name: string, isForced: boolean, milliseconds: number]>([
    ['as it is', false, CHECK],
    ['while the next CA waits', true, CHECK],
    ['after the CA was replaced', true, OVERLAP + 3 * CHECK],
  ])('%s', async ([, isForced, milliseconds]) => {
    const cluster = await startClusterOfReplicas();
    const replicas = await startAll(cluster, 2);
    if (isForced) cluster.deleteSecret();
    await live(cluster, replicas, milliseconds);
    const trusted = cluster.trusted();
    expect(trusted).toHaveLength(isForced ? 2 : 1);

    const previous = await startPreviousRelease(cluster);
    expect(findCertificateFault(previous, SERVICE_NAMES)).toBeNull();
    expect(previous.caKey).toBe(cluster.texts()['ca.key']);
    expect(cluster.trusted()).toEqual(trusted);
    const [bundle = ''] = cluster.bundles();
    expect(isAccepted(previous.cert, bundle)).toBe(true);
    for (const replica of replicas) expect(isAccepted((await replica.served()).cert, bundle)).toBe(true);

    // Both releases run during a rollout: this one follows, and neither writes again.
    const stored = cluster.secret();
    await live(cluster, replicas, 2 * CHECK);
    for (const replica of replicas) expect((await replica.served()).cert).toBe(previous.cert);
    expect(cluster.secret()).toEqual(stored);
    expect(cluster.bundles()).toEqual([bundle]);
    expect(await startPreviousRelease(cluster)).toEqual(previous);
    expect(cluster.secret()).toEqual(stored);
  });
});

test('a Secret that 0.1.0 wrote is served as it is, and its caBundle stays', async () => {
  const cluster = await startClusterOfReplicas();
  const previous = await startPreviousRelease(cluster);
  const [stored, bundles] = [cluster.secret(), cluster.bundles()];
  const [replica] = await startAll(cluster, 1);
  expect((await replica?.served())?.cert).toBe(previous.cert);
  expect([cluster.secret(), cluster.bundles()]).toEqual([stored, bundles]);
  const { from, to } = validityOf(previous.cert);
  expect(to.getTime() - from.getTime()).toBeGreaterThan(1800 * 24 * 60 * 60 * 1000);
});
