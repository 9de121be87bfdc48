import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PULL_SECRET_TYPES, parseDockerConfig } from '../../src/credentials/parse-docker-config.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { loadKeychain } from '../../src/keychain/keychain.ts';
import { createRegistryClient } from '../../src/registry/client.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { run, type Output } from '../support/lib/processes.ts';
import { startDistribution, type Distribution } from '../support/registry/distribution.ts';
import { ACCOUNT } from '../support/registry/token-server.ts';
import { createTestCertificate, sharedTestCertificate } from '../support/server/tls.ts';

const servers = await realServers(['registry', 'crane']);
const PROGRAM = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

describe.skipIf(servers.missing).each(['basic', 'token'] as const)(
  `a private registry with %s auth, by TLS of a private authority${servers.note}`,
  (auth) => {
    let folder: string;
    let registry: Distribution;
    let image: string;
    const ca = (): string => join(folder, 'ca.pem');

    beforeAll(async () => {
      const certificate = await sharedTestCertificate();
      folder = await mkdtemp(join(tmpdir(), 'wasmgate-inspect-'));
      registry = await startDistribution(servers.paths, auth, { tls: certificate });
      image = await registry.push('wkg-cli-component', 'team/component:1');
      await writeFile(ca(), certificate.caCert);
      await mkdir(join(folder, 'docker'));
      await writeFile(join(folder, 'docker', 'config.json'), registry.dockerConfig);
    });

    afterAll(async () => {
      await registry?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    function inspect(flags: readonly string[], options: { stdin?: string; env?: NodeJS.ProcessEnv } = {}) {
      const env = { PATH: process.env['PATH'], HOME: folder, ...options.env };
      const { stdin = '' } = options;
      return run(process.execPath, [PROGRAM, 'inspect', image, '-o', 'json', ...flags], { env, stdin });
    }

    function reportOf({ stdout }: Output): Readonly<Record<string, unknown>> {
      return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    }

    test.each([
      ['--docker-config', () => ({ flags: ['--docker-config', join(folder, 'docker')] })],
      ['DOCKER_CONFIG', () => ({ flags: [], env: { DOCKER_CONFIG: join(folder, 'docker') } })],
      [
        '--username and a password from standard input',
        () => ({
          flags: ['--username', ACCOUNT.username, '--password-stdin'],
          stdin: `${ACCOUNT.password}\n`,
        }),
      ],
    ])('opens to %s', async (_case, options) => {
      const { flags, ...rest } = options();
      const output = await inspect(['--ca-file', ca(), ...flags], rest);
      expect([output.code, output.stderr]).toEqual([0, '']);
      expect(reportOf(output)).toMatchObject({
        verdict: { kind: 'wasm', flavour: 'oci-component', shape: 'component' },
        // A 401, a token if there is a token service, manifest, config.
        requests: auth === 'token' ? 4 : 3,
      });
    });

    test('rejects anonymous requests and wrong passwords', async () => {
      const stranger = await inspect(['--ca-file', ca()]);
      expect([stranger.code, reportOf(stranger)['verdict']]).toEqual([
        1,
        { kind: 'unknown', flavour: null, shape: null, reason: 'unauthorized' },
      ]);
      const flags = ['--ca-file', ca(), '--username', ACCOUNT.username, '--password-stdin'];
      const wrong = await inspect(flags, { stdin: 'geheim' });
      expect(wrong.code).toBe(1);
      expect(`${wrong.stdout}${wrong.stderr}`).not.toContain('geheim');
    });

    test('is not trusted with another CA', async () => {
      const other = join(folder, 'other.pem');
      await writeFile(other, (await createTestCertificate()).caCert);
      const output = await inspect(['--ca-file', other, '--docker-config', join(folder, 'docker')]);
      expect([output.code, reportOf(output)['verdict']]).toEqual([
        3,
        { kind: 'unknown', flavour: null, shape: null, reason: 'tls' },
      ]);
    });

    test("accepts the webhook with a Pod's pull secret, and with the operator's Docker config", async () => {
      const { caCert } = await sharedTestCertificate();
      const { logger } = createRecordingLogger();
      const client = createRegistryClient({}, { plainHttp: [], allowAddresses: ['127.0.0.1'], ca: [caCert] });
      try {
        const format = PULL_SECRET_TYPES['kubernetes.io/dockerconfigjson']?.format ?? 'dockerconfigjson';
        const secret = parseDockerConfig(registry.dockerConfig, { format, source: 'secret team-a/regcred' });
        const pullSecrets = {
          read: (namespace: string) =>
            Promise.resolve({ credentials: namespace === 'team-a' ? secret : [], shortfalls: [] }),
          forget: () => undefined,
        };
        const dockerConfigs = [join(folder, 'docker', 'config.json')];
        const keychain = await loadKeychain({ logger }, { dockerConfigs, providers: undefined, env: {} });
        const ask = (namespace: string, pullSecretNames: readonly string[], lent: boolean) =>
          createImageCatalog({
            registry: client,
            pullSecrets,
            logger,
            ...(lent ? { keychain } : {}),
          }).lookUp(
            { image, namespace, pullSecrets: pullSecretNames, architectures: [] },
            { signal: AbortSignal.timeout(60_000) },
          );
        expect(await ask('team-a', ['regcred'], false)).toMatchObject({ kind: 'facts' });
        expect(await ask('team-b', ['regcred'], false)).toMatchObject({ reason: 'unauthorized' });
        expect(await ask('team-b', [], true)).toMatchObject({ kind: 'facts' });
      } finally {
        await client.close();
      }
    });
  },
);
