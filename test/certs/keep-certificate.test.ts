import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CERTIFICATE_TIMES } from '../../src/certs/certificate-times.ts';
import { splitCertificates } from '../../src/certs/parse-certificates.ts';
import { createAuthority, issueCertificate, validityOf } from '../../src/certs/serving-certificate.ts';
import {
  live,
  SERVICE_NAMES,
  startAll,
  startClusterOfReplicas,
  type ClusterOfReplicas,
} from '../support/certs/cluster-of-replicas.ts';
import { errorStatus } from '../support/kubernetes/scripted-api.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const CHECK = CERTIFICATE_TIMES.checkMilliseconds;
const OVERLAP = CERTIFICATE_TIMES.overlapMilliseconds;
/** When the next CA is due. */
const LAST_YEAR = CERTIFICATE_TIMES.authorityMilliseconds - CERTIFICATE_TIMES.rotateBeforeMilliseconds;

const isIssuedBy = (cert: string, caCert: string): boolean =>
  new X509Certificate(cert).verify(new X509Certificate(caCert).publicKey);

const caOf = (cluster: ClusterOfReplicas): string =>
  splitCertificates(cluster.texts()['ca.crt'] ?? '')[0] ?? '';

/** Issues a Secret's texts at a time that the clock of a replica tells. */
async function issueAt(now: Date, servingMilliseconds = CERTIFICATE_TIMES.servingMilliseconds) {
  const times = { ...CERTIFICATE_TIMES, servingMilliseconds, now };
  const { caCert, caKey } = await createAuthority(times);
  const { cert, key } = await issueCertificate(SERVICE_NAMES, { caCert, caKey }, times);
  return { 'ca.crt': caCert, 'ca.key': caKey, 'tls.crt': cert, 'tls.key': key };
}

describe('at the first start', () => {
  test('one replica creates the certificates, the other serves the same', async () => {
    const cluster = await startClusterOfReplicas();
    const [one, two] = await startAll(cluster, 2);
    expect((await two?.served())?.cert).toBe((await one?.served())?.cert);
    expect(cluster.trusted()).toEqual([caOf(cluster)]);
    expect(cluster.seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
    const { from, to } = validityOf(cluster.texts()['tls.crt'] ?? '');
    expect(to.getTime() - from.getTime()).toBe(14 * DAY + 60 * MINUTE);
  });

  test('the loser of the race serves what the winner stored', async () => {
    const cluster = await startClusterOfReplicas();
    const winner = await issueAt(cluster.now());
    const replica = cluster.startReplica();
    cluster.beforeWrite(() => cluster.writeSecret(winner));
    expect((await replica.begin())?.cert).toBe(winner['tls.crt']);
    expect(cluster.texts()).toEqual(winner);
  });

  test('it is not ready before the webhooks have its CA', async () => {
    const cluster = await startClusterOfReplicas();
    const replica = cluster.startReplica();
    await replica.begin();
    expect(replica.fault()).toBe('waiting for its CA in the webhook configurations');
    cluster.fail(({ method }) => (method === 'PATCH' ? errorStatus(403, 'Forbidden') : null));
    await expect(replica.check()).rejects.toMatchObject({ code: 'forbidden' });
    expect(replica.fault()).not.toBeNull();
    cluster.fail(() => null);
    expect(await replica.check()).toBe(true);
    expect(replica.fault()).toBeNull();
  });

  test('it is ready without webhook configurations, says so once, and asks again soon', async () => {
    const cluster = await startClusterOfReplicas();
    cluster.removeConfigurations();
    const [replica] = await startAll(cluster, 1);
    expect(replica?.fault()).toBeNull();
    expect(await replica?.check()).toBe(false);
    expect(replica?.messages('warn')).toEqual(['the webhook configurations do not exist yet']);
  });

  test.for<readonly [name: string, rest: object]>([
    ['without a type', { metadata: { labels: { kept: 'yes' } } }],
    ['of type Opaque', { metadata: { labels: { kept: 'yes' } }, type: 'Opaque' }],
    ['of type kubernetes.io/tls', { metadata: { labels: { kept: 'yes' } }, type: 'kubernetes.io/tls' }],
  ])('it fills an empty Secret %s', async ([, rest]) => {
    const cluster = await startClusterOfReplicas();
    cluster.writeSecret({}, rest);
    const [replica] = await startAll(cluster, 1);
    expect(cluster.secret()).toMatchObject(rest);
    expect(cluster.texts()['tls.crt']).toBe((await replica?.served())?.cert);
  });

  test('it keeps what others put into the Secret', async () => {
    const cluster = await startClusterOfReplicas();
    cluster.writeSecret({ other: 'kept' });
    await startAll(cluster, 1);
    expect(cluster.texts()['other']).toBe('kept');
  });
});

describe('the serving certificate', () => {
  test('is renewed by the same CA at half of its life, by one of the replicas', async () => {
    const cluster = await startClusterOfReplicas();
    const [one, two] = await startAll(cluster, 2);
    const first = await one?.served();
    cluster.advance(7 * DAY - 60 * MINUTE);
    await live(
      cluster,
      [one, two].filter((each) => each !== undefined),
      CHECK,
    );
    expect((await one?.served())?.cert).toBe(first?.cert);
    cluster.advance(60 * MINUTE);
    await one?.check();
    await two?.check();
    const renewed = await one?.served();
    expect(renewed?.cert).not.toBe(first?.cert);
    expect((await two?.served())?.cert).toBe(renewed?.cert);
    expect(renewed?.caCert).toBe(first?.caCert);
    expect(cluster.seen.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  test('that 0.1.0 issued for years stays until it is due', async () => {
    const cluster = await startClusterOfReplicas();
    const stored = await issueAt(cluster.now(), 1825 * DAY);
    cluster.writeSecret(stored);
    const [replica] = await startAll(cluster, 1);
    cluster.advance(900 * DAY);
    await replica?.check();
    expect(cluster.texts()).toEqual(stored);
    cluster.advance(20 * DAY);
    await replica?.check();
    expect(cluster.texts()['tls.crt']).not.toBe(stored['tls.crt']);
    expect(cluster.texts()['ca.crt']).toBe(stored['ca.crt']);
  });

  test('recovers with one check after the cluster slept for two months', async () => {
    const cluster = await startClusterOfReplicas();
    const [replica] = await startAll(cluster, 1);
    cluster.advance(61 * DAY);
    expect(replica?.fault()).toMatch(/^waiting for a certificate that API servers accept: it expired at /);
    await replica?.check();
    expect(replica?.fault()).toBeNull();
    expect(cluster.trusted()).toEqual([caOf(cluster)]);
  });

  test.for<readonly [name: string, key: string, text: string]>([
    ['certificate', 'tls.crt', 'broken'],
    ['key', 'tls.key', ''],
  ])('with a broken %s in the Secret is issued again by the same CA', async ([, key, text]) => {
    const cluster = await startClusterOfReplicas();
    const [replica] = await startAll(cluster, 1);
    const ca = caOf(cluster);
    cluster.writeSecret({ ...cluster.texts(), [key]: text });
    await replica?.check();
    expect(isIssuedBy(cluster.texts()['tls.crt'] ?? '', ca)).toBe(true);
    expect(cluster.trusted()).toEqual([ca]);
  });
});

describe('the clock', () => {
  /** A replica never asks its node for the time: all tests here run with an API server that lives in another month. */
  test.for([-61 * DAY, 61 * DAY])('of a node that differs by %i ms does no harm', async (offset) => {
    const cluster = await startClusterOfReplicas();
    cluster.shiftClock(offset);
    const [replica] = await startAll(cluster, 1);
    expect(replica?.fault()).toBeNull();
    const { from, to } = validityOf(cluster.texts()['tls.crt'] ?? '');
    expect(from.getTime()).toBeLessThan(cluster.now().getTime());
    expect(to.getTime() - cluster.now().getTime()).toBeGreaterThan(13 * DAY);
    const stored = cluster.texts();
    await replica?.check();
    expect(cluster.texts()).toEqual(stored);
  });

  test('of the API server that was months ahead leaves nothing behind', async () => {
    const cluster = await startClusterOfReplicas();
    const [replica] = await startAll(cluster, 1);
    const ca = caOf(cluster);
    cluster.shiftClock(61 * DAY);
    await replica?.check();
    cluster.shiftClock(-61 * DAY);
    await replica?.check();
    expect(replica?.fault()).toBeNull();
    expect(cluster.trusted()).toEqual([ca]);
  });

  test('some minutes off renew nothing', async () => {
    const cluster = await startClusterOfReplicas();
    const [replica] = await startAll(cluster, 1);
    const stored = cluster.texts();
    cluster.shiftClock(-20 * MINUTE);
    await replica?.check();
    expect(replica?.fault()).toBeNull();
    expect(cluster.texts()).toEqual(stored);
  });

  test('that made a Secret from the future: a start replaces it', async () => {
    const cluster = await startClusterOfReplicas();
    const future = await issueAt(new Date(cluster.now().getTime() + 3 * 60 * MINUTE));
    cluster.writeSecret(future);
    const [replica] = await startAll(cluster, 1);
    expect(replica?.fault()).toBeNull();
    expect(isIssuedBy(cluster.texts()['tls.crt'] ?? '', caOf(cluster))).toBe(true);
  });
});

describe('a CA in its last year', () => {
  /** Brings replicas to the day on which the next CA is due. */
  async function startInLastYear(count: number) {
    const cluster = await startClusterOfReplicas();
    const replicas = await startAll(cluster, count);
    const first = caOf(cluster);
    cluster.advance(LAST_YEAR + DAY);
    for (const replica of replicas) await replica.check();
    return { cluster, replicas, first };
  }

  test('gets a successor, which is trusted at once and issues after ten minutes', async () => {
    const { cluster, replicas, first } = await startInLastYear(2);
    const next = cluster.texts()['next-ca.crt'] ?? '';
    expect(cluster.trusted()).toEqual([first, next]);
    expect(isIssuedBy(cluster.texts()['tls.crt'] ?? '', first)).toBe(true);
    // The check that writes the bundle has not found it there.
    await live(cluster, replicas, OVERLAP);
    for (const replica of replicas) expect((await replica.served()).caCert).toBe(first);
    await live(cluster, replicas, 2 * CHECK);
    for (const replica of replicas) {
      const { cert, caCert } = await replica.served();
      expect(caCert).toBe(next);
      expect(isIssuedBy(cert, next)).toBe(true);
    }
    expect(cluster.trusted()).toEqual([next, first]);
    expect(Object.keys(cluster.texts()).toSorted()).toEqual(['ca.crt', 'ca.key', 'tls.crt', 'tls.key']);
  });

  test('waits ten minutes more after a webhook lost the next CA', async () => {
    const { cluster, replicas, first } = await startInLastYear(1);
    await live(cluster, replicas, OVERLAP - MINUTE);
    cluster.writeBundle(first, ['validatingwebhookconfigurations']);
    await live(cluster, replicas, OVERLAP);
    expect(caOf(cluster)).toBe(first);
    await live(cluster, replicas, 3 * CHECK);
    expect(caOf(cluster)).not.toBe(first);
  });

  test('waits while it cannot see the webhooks, and while they do not exist', async () => {
    const { cluster, replicas, first } = await startInLastYear(1);
    const [replica] = replicas;
    await live(cluster, replicas, OVERLAP - MINUTE);
    cluster.fail(({ path }) => (path.includes('mutating') ? errorStatus(403, 'Forbidden') : null));
    await expect(replica?.check()).rejects.toMatchObject({ code: 'forbidden' });
    cluster.fail(() => null);
    await live(cluster, replicas, OVERLAP);
    expect(caOf(cluster)).toBe(first);
    cluster.removeConfigurations();
    await live(cluster, replicas, 3 * OVERLAP);
    expect(caOf(cluster)).toBe(first);
  });

  test('is followed by a replica that starts during the overlap', async () => {
    const { cluster, first } = await startInLastYear(1);
    const stored = cluster.texts();
    const [late] = await startAll(cluster, 1);
    expect((await late?.served())?.caCert).toBe(first);
    expect(cluster.texts()).toEqual(stored);
  });

  test('that cannot sign is replaced by the same overlap', async () => {
    const cluster = await startClusterOfReplicas();
    const replicas = await startAll(cluster, 1);
    const first = caOf(cluster);
    cluster.writeSecret({ ...cluster.texts(), 'ca.key': '' });
    await live(cluster, replicas, OVERLAP);
    expect(cluster.trusted()).toEqual([first, cluster.texts()['next-ca.crt']]);
    expect((await replicas[0]?.served())?.caCert).toBe(first);
    await live(cluster, replicas, 3 * CHECK);
    expect(caOf(cluster)).not.toBe(first);
  });

  test('that expired while the cluster was off is replaced at once', async () => {
    const cluster = await startClusterOfReplicas();
    const [replica] = await startAll(cluster, 1);
    const first = caOf(cluster);
    cluster.advance(CERTIFICATE_TIMES.authorityMilliseconds + DAY);
    await replica?.check();
    expect(replica?.fault()).toBeNull();
    expect(cluster.trusted()).toEqual([caOf(cluster)]);
    expect(caOf(cluster)).not.toBe(first);
  });

  test('that expired during the overlap leaves the place to the next one', async () => {
    const { cluster, replicas } = await startInLastYear(1);
    const next = cluster.texts()['next-ca.crt'];
    cluster.advance(CERTIFICATE_TIMES.rotateBeforeMilliseconds);
    await replicas[0]?.check();
    expect(caOf(cluster)).toBe(next);
    expect(replicas[0]?.fault()).toBeNull();
  });
});

describe('a Secret that is lost while replicas run', () => {
  test.for<readonly [name: string, lose: (cluster: ClusterOfReplicas) => void]>([
    ['deleted', (cluster) => cluster.deleteSecret()],
    ['emptied', (cluster) => cluster.writeSecret({})],
    ['unreadable', (cluster) => cluster.writeSecret({ 'ca.crt': 'x', 'ca.key': 'x', 'tls.crt': 'x' })],
  ])('%s: is restored with a next CA, which replaces the current one', async ([, lose]) => {
    const cluster = await startClusterOfReplicas();
    const replicas = await startAll(cluster, 2);
    const before = cluster.texts();
    lose(cluster);
    await live(cluster, replicas, CHECK);
    const next = cluster.texts()['next-ca.crt'] ?? '';
    expect(cluster.texts()).toMatchObject({
      'tls.crt': before['tls.crt'],
      'tls.key': before['tls.key'],
      'ca.key': before['ca.key'],
    });
    expect(cluster.trusted()).toEqual([caOf(cluster), next]);
    expect(caOf(cluster)).toBe(before['ca.crt']?.trim());
    await live(cluster, replicas, OVERLAP + 2 * CHECK);
    for (const replica of replicas) expect((await replica.served()).caCert).toBe(next);
    expect(cluster.trusted()).toEqual([next, before['ca.crt']?.trim()]);
  });

  test('again during the overlap: the newest next CA gets ten minutes of its own', async () => {
    const cluster = await startClusterOfReplicas();
    const replicas = await startAll(cluster, 2);
    const first = caOf(cluster);
    cluster.deleteSecret();
    await live(cluster, replicas, OVERLAP - MINUTE);
    cluster.deleteSecret();
    await live(cluster, replicas, OVERLAP);
    expect(caOf(cluster)).toBe(first);
    const next = cluster.texts()['next-ca.crt'];
    await live(cluster, replicas, 3 * CHECK);
    expect(caOf(cluster)).toBe(next);
  });

  test('again and again: at most four CAs are trusted, among them the one in use', async () => {
    const cluster = await startClusterOfReplicas();
    const replicas = await startAll(cluster, 2);
    const first = caOf(cluster);
    for (let lost = 0; lost < 6; lost += 1) {
      cluster.deleteSecret();
      await live(cluster, replicas, CHECK);
      expect(cluster.trusted().length).toBeLessThanOrEqual(4);
      expect(cluster.trusted()[0]).toBe(first);
    }
    expect(cluster.trusted()).toHaveLength(4);
  });

  test('a replica that starts meanwhile waits until a running one has restored it', async () => {
    const cluster = await startClusterOfReplicas();
    const [running] = await startAll(cluster, 1);
    const ca = caOf(cluster);
    cluster.deleteSecret();
    const starting = cluster.startReplica();
    expect(await starting.begin()).toBeNull();
    cluster.advance(CHECK);
    expect(await starting.begin()).toBeNull();
    await running?.check();
    expect(await starting.begin()).toMatchObject({ caCert: ca });
    expect(starting.messages('info')).toEqual([
      'the Secret holds no certificate: waiting for a running replica to restore it',
    ]);
  });

  test('a replica that starts alone creates a CA after two intervals, and keeps the trust in the old one', async () => {
    const cluster = await startClusterOfReplicas();
    await startAll(cluster, 1);
    const old = caOf(cluster);
    cluster.deleteSecret();
    const starting = cluster.startReplica();
    expect(await starting.begin()).toBeNull();
    cluster.advance(2 * CHECK);
    const { caCert } = (await starting.begin()) ?? {};
    expect(caCert).not.toBe(old);
    await starting.check();
    expect(cluster.trusted()).toEqual([caCert, old]);
  });
});

test('a Secret of another CA is served only after the webhooks have that CA, and both stay trusted', async () => {
  const cluster = await startClusterOfReplicas();
  const replicas = await startAll(cluster, 2);
  const own = caOf(cluster);
  const foreign = await issueAt(cluster.now());
  cluster.writeSecret(foreign);
  await live(cluster, replicas, CHECK);
  for (const replica of replicas) expect((await replica.served()).caCert).toBe(own);
  expect(cluster.trusted()).toEqual([foreign['ca.crt'], own]);
  await live(cluster, replicas, 2 * CHECK);
  for (const replica of replicas) expect((await replica.served()).cert).toBe(foreign['tls.crt']);
  expect(cluster.trusted()).toEqual([foreign['ca.crt'], own]);
});

test('what others may serve already stays trusted when the Secret is lost before this replica serves it', async () => {
  const cluster = await startClusterOfReplicas();
  const replicas = await startAll(cluster, 1);
  const own = caOf(cluster);
  const foreign = await issueAt(cluster.now());
  cluster.writeSecret(foreign);
  await live(cluster, replicas, CHECK);
  cluster.deleteSecret();
  await live(cluster, replicas, CHECK);
  expect(cluster.trusted()[0]).toBe(own);
  expect(cluster.trusted()).toContain(foreign['ca.crt']);
});

describe('without a permission', () => {
  test('to write the Secret, it starts with and serves what is still valid', async () => {
    const cluster = await startClusterOfReplicas();
    await startAll(cluster, 1);
    cluster.advance(8 * DAY);
    cluster.fail(({ method }) => (method === 'PUT' ? errorStatus(403, 'Forbidden') : null));
    const replica = cluster.startReplica();
    expect((await replica.begin())?.cert).toBe(cluster.texts()['tls.crt']);
    cluster.writeBundle('vandalized');
    await expect(replica.check()).rejects.toMatchObject({ code: 'forbidden' });
    expect(replica.successfulChecks()).toBe(0);
    expect(replica.fault()).toBeNull();
    expect(cluster.trusted()).toEqual([caOf(cluster)]);
  });

  test('to read the Secret, it does not start', async () => {
    const cluster = await startClusterOfReplicas();
    cluster.fail(() => errorStatus(403, 'Forbidden'));
    await expect(cluster.startReplica().begin()).rejects.toMatchObject({ code: 'forbidden' });
  });
});

test('a Secret that changes at every write is an error, not a loop', async () => {
  const cluster = await startClusterOfReplicas();
  cluster.fail(({ method }) => (method === 'POST' ? errorStatus(409, 'AlreadyExists') : null));
  await expect(cluster.startReplica().begin()).rejects.toThrow('changes faster than it can be read');
});
