import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { splitCertificates } from '../../src/certs/parse-certificates.ts';
import { MANIFESTS } from '../support/e2e/install.ts';
import { leadServiceTo } from '../support/e2e/lead-service.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { certificateAt, createBundleReader, watchTrust } from '../support/e2e/trust-watch.ts';
import { startWasmgate, type ProgramOptions, type WasmgateProgram } from '../support/e2e/wasmgate-program.ts';
import { apply, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { namespace, pod } from '../support/kubernetes/objects.ts';
import { waitFor } from '../support/lib/processes.ts';
import { readSeries } from '../support/telemetry/exposition.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);
const SECRET = ['secret', 'wasmgate-certificates', '-n', 'wasmgate-system'] as const;
const DAY = 24 * 60 * 60 * 1000;

/** Long enough for a machine that builds something else meanwhile. */
const SHORT = {
  servingMilliseconds: 30_000,
  backdateMilliseconds: 2_000,
  overlapMilliseconds: 4_000,
  checkMilliseconds: 500,
};
/** The next CA is due fifteen seconds after the current one was created. */
const SHORT_AUTHORITY = { ...SHORT, authorityMilliseconds: 60_000, rotateBeforeMilliseconds: 45_000 };

describe.skipIf(servers.missing)(`certificates kept in the cluster${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  let readBundles: () => Promise<readonly string[]>;
  let replicas: readonly WasmgateProgram[] = [];
  beforeAll(async () => {
    const { 'kube-apiserver': apiServer, etcd, kubectl } = servers.paths;
    kubernetes = await startKubernetesServer({ 'kube-apiserver': apiServer, etcd, kubectl });
    await must(kubernetes.kubectl(['apply', '-k', join(MANIFESTS, 'base'), '--server-side']));
    readBundles = await createBundleReader(kubernetes.kubeconfig);
    // Both at once, as in a Deployment.
    replicas = await startAll(['replica-1', 'replica-2'], { certificates: SHORT });
  });
  afterAll(async () => {
    await stopAll();
    await kubernetes?.stop();
  });

  test('the API server trusts it and reaches wasmgate by the name of the Service', async () => {
    await leadServiceTo(kubernetes.kubectl, replicas[0]?.port ?? 0);
    await must(apply(kubernetes.kubectl, [namespace('team', { 'wasmgate.dev/mode': 'no-mode' })]));
    const probe = JSON.stringify(pod('probe', 'team'));
    const args = ['create', '--dry-run=server', '-f', '-'];
    // Only wasmgate warns about a label with an invalid mode.
    const warned = await waitFor(
      async () => {
        const { stderr } = await kubernetes.kubectl(args, { stdin: probe });
        return stderr.includes('wasmgate') && stderr;
      },
      { what: 'an answer by wasmgate', seconds: 120 },
    );
    expect(warned).toContain('Warning: wasmgate: namespace label wasmgate.dev/mode: "no-mode"');
  });

  test('replicas renew one certificate while they run, and an open connection stays', async () => {
    const [{ port, metricsPort } = { port: 0, metricsPort: 0 }] = replicas;
    const connection = openConnection(port);
    expect(await connection.ask()).toEqual({ status: 200, isReused: false });
    const watch = watchTrust(readBundles, replicas);
    const before = await certificateAt(port);
    const after = await waitForAll(({ fingerprint256 }) => fingerprint256 !== before.fingerprint256);
    const { faults, handshakes } = await watch.stop();
    expect(faults).toEqual([]);
    expect(handshakes).toBeGreaterThan(10);
    expect(after.checkHost('wasmgate.wasmgate-system.svc')).toBe('wasmgate.wasmgate-system.svc');
    expect(await trustedCAs()).toHaveLength(1);
    expect(await connection.ask()).toEqual({ status: 200, isReused: true });
    await connection.close();
    const series = readSeries(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text());
    const end = series['wasmgate_certificate_not_after_timestamp_seconds{certificate="serving"}'] ?? 0;
    expect(end).toBeGreaterThan(before.validToDate.getTime() / 1000);
  });

  test('a deleted Secret is replaced by another CA, with no handshake that fails', async () => {
    const watch = watchTrust(readBundles, replicas);
    const [old = ''] = await trustedCAs();
    await must(kubernetes.kubectl(['delete', ...SECRET]));
    const both = await waitFor(
      async () => {
        const trusted = await trustedCAs();
        return trusted.length === 2 && trusted;
      },
      { what: 'two trusted CAs', seconds: 120, servers: replicas.map(({ process }) => process) },
    );
    expect(both[0]).toBe(old);
    // A replica that starts now follows the Secret.
    await using late = await startReplica('replica-3', { certificates: SHORT });
    expect(await trustedCAs()).toHaveLength(2);
    const next = both[1] ?? '';
    await waitForAll((certificate) => isIssuedBy(certificate, next), [...replicas, late]);
    const { faults, served } = await watch.stop();
    expect(faults).toEqual([]);
    expect(served.size).toBeGreaterThan(1);
    expect(await trustedCAs()).toEqual([next, old]);
  });

  test('on a node whose clock is two months ahead, a replica serves what the others do', async () => {
    const times = { certificates: SHORT, clockOffset: 61 * DAY };
    await using ahead = await startReplica('replica-ahead', times);
    const text = await readFile(ahead.process.logFile, 'utf8');
    // Its log shows that its clock is wrong indeed.
    const [line = '{}'] = text.split('\n');
    expect(Date.parse((JSON.parse(line) as { time: string }).time) - Date.now()).toBeGreaterThan(60 * DAY);
    const certificate = await waitForAll(() => true, [...replicas, ahead]);
    expect(certificate.validToDate.getTime() - Date.now()).toBeLessThan(DAY);
  });

  test('without the permission to write, replicas say so once and are not ready when theirs has expired', async () => {
    await setVerbs(['get']);
    const [replica] = replicas;
    const notReady = await waitFor(
      async () => (await readyz(replica)).includes('expired') && readyz(replica),
      {
        what: 'a replica without a valid certificate',
        seconds: 120,
      },
    );
    expect(notReady).toContain('not ready: waiting for a certificate that API servers accept: it expired at');
    const logged = (await readFile(replica?.process.logFile ?? '', 'utf8')).split('\n');
    const warned = logged.filter((line) => line.includes('"level":"warn"'));
    const messages = warned.map((line) => (JSON.parse(line) as { readonly msg: string }).msg);
    const isOfSecret = (message: string): boolean => message.includes('wasmgate-certificates');
    expect(messages.findLast(isOfSecret)).toContain('is forbidden');
    // On a busy machine a check may also time out, and the next one that is forbidden begins a state of its own.
    const repeated = messages.filter(
      (message, index) => isOfSecret(message) && message === messages[index - 1],
    );
    expect(repeated).toEqual([]);
    await setVerbs(['get', 'update']);
    await waitFor(async () => (await readyz(replica)) === 'ok\n', {
      what: 'a valid certificate',
      seconds: 120,
    });
    await waitForAll(() => true);
  });

  test('a CA that ends takes a successor in, with no handshake that fails', async () => {
    const former = await trustedCAs();
    await stopAll();
    await must(kubernetes.kubectl(['delete', ...SECRET]));
    replicas = await startAll(['short-1', 'short-2'], { certificates: SHORT_AUTHORITY });
    const [first = '', ...others] = await trustedCAs();
    // What nobody restored is created, but what may still be served elsewhere stays trusted.
    expect(former).not.toContain(first);
    expect(others).toEqual(former);
    const watch = watchTrust(readBundles, replicas);
    await waitForAll((certificate) => !isIssuedBy(certificate, first));
    const { faults } = await watch.stop();
    expect(faults).toEqual([]);
    const [current = '', retired] = await trustedCAs();
    expect(isIssuedBy(await certificateAt(replicas[0]?.port ?? 0), current)).toBe(true);
    expect(retired).toBe(first);
  });

  function startReplica(name: string, times: NonNullable<ProgramOptions['times']>): Promise<WasmgateProgram> {
    return startWasmgate(kubernetes, { name, certificates: 'cluster', configuration: {}, times });
  }

  function startAll(names: readonly string[], times: NonNullable<ProgramOptions['times']>) {
    return Promise.all(names.map((name) => startReplica(name, times)));
  }

  async function stopAll(): Promise<void> {
    await Promise.all(replicas.map(({ process }) => process.stop()));
    replicas = [];
  }

  /** Resolves with the certificate that all replicas serve, as soon as they serve the same, of this kind. */
  function waitForAll(
    accepts: (certificate: X509Certificate) => boolean,
    which: readonly WasmgateProgram[] = replicas,
  ): Promise<X509Certificate> {
    return waitFor(
      async () => {
        const [first, ...others] = await Promise.all(which.map(({ port }) => certificateAt(port)));
        const isShared = others.every(({ fingerprint256 }) => fingerprint256 === first?.fingerprint256);
        return first !== undefined && isShared && accepts(first) && first;
      },
      { what: 'a certificate', seconds: 150, servers: which.map(({ process }) => process) },
    );
  }

  /** Resolves with the CAs in `caBundle` when every webhook has those of the Secret. */
  function trustedCAs(): Promise<readonly string[]> {
    return waitFor(
      async () => {
        const bundles = await readBundles();
        const secret = await kubernetes.kubectl(['get', ...SECRET, '-o=jsonpath={.data.ca\\.crt}']);
        const text = Buffer.from(secret.stdout, 'base64').toString('utf8');
        return bundles.length === 1 && bundles[0] === text && text !== '' && splitCertificates(text);
      },
      { what: 'the CAs of the Secret in every webhook', seconds: 120 },
    );
  }

  /** Sets what wasmgate may do with its Secret. */
  async function setVerbs(verbs: readonly string[]): Promise<void> {
    const patch = JSON.stringify([
      { op: 'test', path: '/rules/0/resourceNames/0', value: 'wasmgate-certificates' },
      { op: 'replace', path: '/rules/0/verbs', value: verbs },
    ]);
    const role = ['role', 'wasmgate-certificates', '-n', 'wasmgate-system'];
    await must(kubernetes.kubectl(['patch', ...role, '--type=json', `-p=${patch}`]));
  }
});

function isIssuedBy(certificate: X509Certificate, ca: string): boolean {
  return certificate.verify(new X509Certificate(ca).publicKey);
}

/** Opens one connection that is kept, and asks on it. */
function openConnection(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  const ask = (): Promise<{ readonly status: number | undefined; readonly isReused: boolean }> =>
    new Promise((resolve, reject) => {
      const request = get({ host: '127.0.0.1', port, path: '/healthz', agent }, (response) => {
        response.resume();
        response.once('end', () => resolve({ status: response.statusCode, isReused: request.reusedSocket }));
      });
      request.once('error', reject);
    });
  return { ask, close: () => Promise.resolve(agent.destroy()) };
}

async function readyz(replica: WasmgateProgram | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    get(
      { host: '127.0.0.1', port: replica?.port, path: '/readyz', rejectUnauthorized: false, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (text += part));
        response.once('end', () => resolve(text));
      },
    ).once('error', reject);
  });
}
