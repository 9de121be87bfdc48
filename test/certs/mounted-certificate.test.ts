import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { ServedCertificate } from '../../src/certs/kept-certificate.ts';
import { openMountedCertificate } from '../../src/certs/mounted-certificate.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { issue, type Issued, type Wanted } from '../support/certs/issue.ts';
import { mountSecret } from '../support/certs/mounted-secret.ts';

const NAME = 'wasmgate.wasmgate-system.svc';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-mounted-'));
});
afterEach(() => rm(folder, { recursive: true }));

const LEAF: Wanted = { commonName: 'wasmgate', names: [NAME], usage: 'serverAuth' };

/** A CA, an intermediate and a leaf with its chain. */
async function issueChain(leaf: Partial<Wanted> = {}) {
  const root = await issue({ commonName: 'root', isCa: true });
  const middle = await issue({ commonName: 'middle', isCa: true, by: root });
  const { cert, key } = await issue({ ...LEAF, ...leaf, by: middle });
  return {
    root,
    middle,
    leaf: cert,
    texts: { 'tls.crt': cert + middle.cert, 'tls.key': key, 'ca.crt': root.cert },
  };
}

function textsOf({ cert, key }: Issued) {
  return { 'tls.crt': cert, 'tls.key': key };
}

async function open() {
  const recorder = createRecordingLogger();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const options = { folder, names: [NAME], intervalMilliseconds: 20, pauseMilliseconds: 50 };
  const kept = await openMountedCertificate({ logger: recorder.logger }, options, stop.signal);
  const replaced: ServedCertificate[] = [];
  let checks = 0;
  const follow = (): void =>
    kept.follow({
      onReplaced: (certificate) => void replaced.push(certificate),
      onChecked: () => void (checks += 1),
    });
  return { kept, follow, replaced, checks: () => checks, ...recorder };
}

/** Resolves after the next two checks have begun and ended. */
async function nextChecks(opened: Awaited<ReturnType<typeof open>>): Promise<void> {
  const from = opened.checks();
  await expect.poll(opened.checks).toBeGreaterThan(from + 1);
}

/** From 2020 to 2120; selfsigned has no Ed25519. */
const ED25519 = {
  cert: `-----BEGIN CERTIFICATE-----
MIH/MIGyoAMCAQICAQEwBQYDK2VwMBIxEDAOBgNVBAMTB2VkMjU1MTkwIBcNMjAw
MTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBIxEDAOBgNVBAMTB2VkMjU1MTkw
KjAFBgMrZXADIQBN7ftg9Fc5Llpq5YBOBdMpMWqDIYtHf8Ze6zYN+MyFQqMrMCkw
JwYDVR0RBCAwHoIcd2FzbWdhdGUud2FzbWdhdGUtc3lzdGVtLnN2YzAFBgMrZXAD
QQAHoIF0y9kmtmbSfw22+ciDYKSGz+BSfcxZ392IH+QrMEB88WrUtv1JX4L+XiAc
JL3z8LeX2du7iTvCYBmCfOgA
-----END CERTIFICATE-----
`,
  key: createPrivateKey({
    key: Buffer.from('MC4CAQAwBQYDK2VwBCIEIJgvxogaus9Leyz06hiZhUFOPxslCpPtAoxmSIZPmopE', 'base64'),
    format: 'der',
    type: 'pkcs8',
  })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString(),
};

describe('at the start', () => {
  test('a chain with intermediates is served as it is, without a warning', async () => {
    const { texts } = await issueChain();
    await mountSecret(folder, texts);
    const { kept, messages } = await open();
    expect(kept.first).toEqual({ cert: texts['tls.crt'], key: texts['tls.key'], caCert: texts['ca.crt'] });
    expect(kept.fault()).toBeNull();
    expect([...messages('warn'), ...messages('error')]).toEqual([]);
  });

  test.each([
    ['EC in PKCS #8', async () => issue(LEAF)],
    ['RSA', async () => issue({ ...LEAF, keyType: 'rsa' })],
    ['Ed25519', async () => ED25519],
    [
      'EC in SEC 1, with its parameters',
      async () => {
        const { cert, key } = await issue(LEAF);
        const sec1 = createPrivateKey(key).export({ format: 'pem', type: 'sec1' }).toString();
        const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
        return { cert, key: parameters + sec1 };
      },
    ],
    [
      'RSA in PKCS #1',
      async () => {
        const { cert, key } = await issue({ ...LEAF, keyType: 'rsa' });
        return { cert, key: createPrivateKey(key).export({ format: 'pem', type: 'pkcs1' }).toString() };
      },
    ],
  ])('a TLS client gets the certificate of a key in %s', async (_kind, make) => {
    const pair = await make();
    await mountSecret(folder, textsOf(pair));
    const { kept } = await open();
    expect(kept.first.caCert).toBeNull();
    const server = createServer({ cert: kept.first.cert, key: kept.first.key }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: '127.0.0.1', port, servername: NAME, ca: pair.cert });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });

  const encrypt = (key: string, type: 'pkcs8' | 'pkcs1'): string =>
    createPrivateKey(key).export({ format: 'pem', type, cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
  const pair = issue(LEAF);

  test.each<
    [fault: string, texts: () => Promise<Record<string, string>>, file: string, state: string, advice: string]
  >([
    ['no files', async () => ({}), 'tls.crt', 'there is no such file', '--development-certificates'],
    [
      'no key',
      async () => ({ 'tls.crt': (await pair).cert }),
      'tls.key',
      'there is no such file',
      'tls.crt and tls.key',
    ],
    [
      'an empty certificate',
      async () => ({ ...textsOf(await pair), 'tls.crt': ' \n' }),
      'tls.crt',
      'it is empty',
      'PEM',
    ],
    [
      'no certificate',
      async () => ({ ...textsOf(await pair), 'tls.crt': 'x' }),
      'tls.crt',
      'it holds no PEM certificate',
      'PEM',
    ],
    [
      'files the wrong way round',
      async () => ({ 'tls.crt': (await pair).key, 'tls.key': (await pair).cert }),
      'tls.crt',
      'it holds a private key and no certificate',
      'PEM',
    ],
    [
      'a broken certificate after a good one',
      async () => {
        const { cert, key } = await pair;
        return {
          'tls.crt': `${cert}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----`,
          'tls.key': key,
        };
      },
      'tls.crt',
      'certificate 2 of 2 in it is broken',
      'PEM',
    ],
    [
      'no key in its file',
      async () => ({ ...textsOf(await pair), 'tls.key': 'x' }),
      'tls.key',
      'it holds no PEM private key',
      'RSA, EC or Ed25519',
    ],
    [
      'an encrypted key',
      async () => ({ ...textsOf(await pair), 'tls.key': encrypt((await pair).key, 'pkcs8') }),
      'tls.key',
      'the key is encrypted',
      'openssl pkey',
    ],
    [
      'an encrypted key of the old form',
      async () => {
        const rsa = await issue({ ...LEAF, keyType: 'rsa' });
        return { 'tls.crt': rsa.cert, 'tls.key': encrypt(rsa.key, 'pkcs1') };
      },
      'tls.key',
      'the key is encrypted',
      'openssl pkey',
    ],
    [
      'the key of another certificate',
      async () => ({ ...textsOf(await pair), 'tls.key': (await issue(LEAF)).key }),
      'tls.key',
      'it is not the key of the certificate in tls.crt',
      'belong together',
    ],
    [
      'a chain that begins with the intermediate',
      async () => {
        const { middle, leaf, texts } = await issueChain();
        return { ...texts, 'tls.crt': middle.cert + leaf };
      },
      'tls.key',
      'it is the key of certificate 2 in tls.crt, and not of the first',
      'the serving certificate first',
    ],
    [
      'a broken CA',
      async () => ({ ...textsOf(await pair), 'ca.crt': 'x' }),
      'ca.crt',
      'it holds no PEM certificate',
      'remove the file',
    ],
  ])('%s: the error names the file, the fault and what to do', async (_fault, texts, file, state, advice) => {
    await mountSecret(folder, await texts());
    await expect(open()).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`"${join(folder, file)}": ${state}`)),
      advice: expect.stringContaining(advice),
      blame: 'input',
    });
  });

  test('an empty ca.crt counts as none', async () => {
    await mountSecret(folder, { ...textsOf(await pair), 'ca.crt': '' });
    expect((await open()).kept.first.caCert).toBeNull();
  });

  test.each<[doubt: string, make: () => Promise<Record<string, string>>]>([
    ['other names', async () => textsOf(await issue({ ...LEAF, names: ['other.example.com'] }))],
    ['another usage', async () => textsOf(await issue({ ...LEAF, usage: 'clientAuth' }))],
    [
      'another CA',
      async () => ({
        ...(await issueChain()).texts,
        'ca.crt': (await issue({ commonName: 'x', isCa: true })).cert,
      }),
    ],
  ])('a certificate for %s is served with a warning', async (_doubt, make) => {
    await mountSecret(folder, await make());
    const { kept, messages } = await open();
    expect(kept.fault()).toBeNull();
    expect(messages('warn')).toEqual(['API servers may not accept the mounted certificate']);
  });

  test.each<[state: string, validity: Partial<Wanted>, fault: RegExp]>([
    ['expired', { from: -2, to: -1 }, /^the serving certificate expired at 20/],
    ['not valid yet', { from: 1 }, /^the serving certificate is not valid before 20/],
  ])(
    'one that is %s is a fault, but no error: the next may come at any time',
    async (_state, validity, fault) => {
      await mountSecret(folder, textsOf(await issue({ ...LEAF, ...validity })));
      expect((await open()).kept.fault()).toMatch(fault);
    },
  );

  test('some minutes of clock skew are no fault', async () => {
    const minutes = 3 / (24 * 60);
    await mountSecret(folder, textsOf(await issue({ ...LEAF, from: -1, to: -minutes })));
    expect((await open()).kept.fault()).toBeNull();
    await mountSecret(folder, textsOf(await issue({ ...LEAF, from: minutes })));
    expect((await open()).kept.fault()).toBeNull();
  });
});

describe('while it is served', () => {
  test('each valid pair that replaces it is passed on once', async () => {
    await mountSecret(folder, (await issueChain()).texts);
    const opened = await open();
    opened.follow();
    await nextChecks(opened);
    expect(opened.replaced).toEqual([]);
    const { texts } = await issueChain();
    await mountSecret(folder, texts);
    await expect.poll(() => opened.replaced.length).toBe(1);
    await nextChecks(opened);
    expect(opened.replaced).toEqual([
      { cert: texts['tls.crt'], key: texts['tls.key'], caCert: texts['ca.crt'] },
    ]);
    expect(opened.messages('info')).toEqual(['serving the new certificate']);
  });

  test.each<[fault: string, make: (served: Issued) => Promise<Record<string, string>>]>([
    ['without a certificate', async ({ key }) => ({ 'tls.crt': '', 'tls.key': key })],
    [
      'with the key of another',
      async ({ cert }) => ({ 'tls.crt': cert, 'tls.key': (await issue(LEAF)).key }),
    ],
    ['that has expired', async () => textsOf(await issue({ ...LEAF, from: -2, to: -1 }))],
  ])('a pair %s is reported once and changes nothing', async (_fault, make) => {
    const served = await issue(LEAF);
    await mountSecret(folder, textsOf(served));
    const opened = await open();
    opened.follow();
    await nextChecks(opened);
    await mountSecret(folder, await make(served));
    const rejected = 'mounted certificate rejected; the previous one stays in use';
    await expect.poll(() => opened.messages('error')).toEqual([rejected]);
    const checks = opened.checks();
    // Longer than the checks of a file that does not settle.
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(opened.messages('error')).toEqual([rejected]);
    expect(opened.checks()).toBe(checks);
    expect(opened.replaced).toEqual([]);
    expect(opened.kept.fault()).toBeNull();

    await mountSecret(folder, textsOf(served));
    await nextChecks(opened);
    expect(opened.messages('info')).toEqual(['the mounted certificate is valid again']);
    expect(opened.replaced).toEqual([]);
  });

  test('an expired certificate is replaced by whatever comes', async () => {
    await mountSecret(folder, textsOf(await issue({ ...LEAF, from: -3, to: -2 })));
    const opened = await open();
    opened.follow();
    await mountSecret(folder, textsOf(await issue({ ...LEAF, from: -2, to: -1 })));
    await expect.poll(() => opened.replaced.length).toBe(1);
    await mountSecret(folder, textsOf(await issue(LEAF)));
    await expect.poll(opened.kept.fault).toBeNull();
  });

  test('no pair is mixed of two while the files change, not even where they are copied one by one', async () => {
    const first = await issue(LEAF);
    await writeFile(join(folder, 'tls.crt'), first.cert);
    await writeFile(join(folder, 'tls.key'), first.key);
    const opened = await open();
    opened.follow();
    const next = await issue(LEAF);
    await writeFile(join(folder, 'tls.crt'), next.cert);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await writeFile(join(folder, 'tls.key'), next.key);
    await expect.poll(() => opened.replaced).toEqual([{ ...next, caCert: null }]);
    expect(opened.messages('error')).toEqual([]);
  });
});
