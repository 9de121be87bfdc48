import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort, run, startServer, waitFor } from '../lib/processes.ts';
import { ACCOUNT, basicAuth, startTokenServer, type ServerKeys, type TokenServer } from './token-server.ts';

/** ACCOUNT with its bcrypt hash at low cost; with the default cost, hashing would dominate the test. */
const HTPASSWD = `${ACCOUNT.username}:$2b$05$abcdefghijklmnopqrstuuBp.n58v886n7kD7.z9i0nzqxtQ8I2P.\n`;

/** Images built by real tools, one OCI layout per folder. */
const IMAGES = join(import.meta.dirname, '..', '..', 'images');

export interface DistributionPrograms {
  readonly registry: string;
  readonly crane: string;
}

export interface Distribution extends AsyncDisposable {
  /** `ADDRESS:PORT`, the prefix of a repository. */
  readonly host: string;
  /** The registry and its token service, if any. They use plain HTTP unless `tls` is given. */
  readonly hosts: readonly string[];
  /** Pushes a layout of test/images to `repository:tag` and returns the full reference. */
  readonly push: (image: string, repositoryAndTag: string) => Promise<string>;
  /** A `.dockerconfigjson` that grants access. */
  readonly dockerConfig: string;
  readonly stop: () => Promise<void>;
}

export interface DistributionOptions {
  /** Keys of the registry and its token service; without them, both use plain HTTP. */
  readonly tls?: ServerKeys;
  /** `ADDRESS:PORT`; by default, a free port on 127.0.0.1. */
  readonly address?: string;
}

/** Starts distribution, a real registry. With `basic` and `token`, only ACCOUNT has access. */
export async function startDistribution(
  programs: DistributionPrograms,
  auth: 'none' | 'basic' | 'token',
  { tls, address }: DistributionOptions = {},
): Promise<Distribution> {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-registry-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const tokens = auth === 'token' ? resources.use(await startTokenServer(tls)) : null;

  const host = address ?? `127.0.0.1:${await freePort()}`;
  const configuration = join(folder, 'configuration.yaml');
  await writeFile(
    configuration,
    stringify({ ...(await settings(folder, host, tls)), ...(await authSettings(folder, auth, tokens)) }),
  );
  const server = resources.use(
    startServer(programs.registry, ['serve', configuration], {
      name: 'registry',
      logFile: join(folder, 'registry.log'),
      env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' },
    }),
  );
  await waitFor(() => isListening(host), { what: 'the registry', seconds: 120, servers: [server] });

  const dockerConfig = JSON.stringify({ auths: { [host]: { auth: basicAuth(ACCOUNT) } } });
  await mkdir(join(folder, 'docker'));
  await writeFile(join(folder, 'docker', 'config.json'), dockerConfig);
  const push = async (image: string, repositoryAndTag: string): Promise<string> => {
    const reference = `${host}/${repositoryAndTag}`;
    const { code, stderr } = await run(
      programs.crane,
      ['push', '--insecure', join(IMAGES, image), reference],
      {
        env: { PATH: process.env['PATH'], DOCKER_CONFIG: join(folder, 'docker') },
      },
    );
    if (code !== 0) throw new Error(`Cannot push "${reference}": ${stderr}`);
    return reference;
  };
  const owned = resources.move();
  const stop = (): Promise<void> => owned.disposeAsync();
  const hosts = tokens === null ? [host] : [host, new URL(tokens.realm).host];
  return { host, hosts, push, dockerConfig, stop, [Symbol.asyncDispose]: stop };
}

async function isListening(host: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${host}`);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function settings(folder: string, host: string, tls: ServerKeys | undefined): Promise<object> {
  const http = { addr: host, secret: 'secret-for-one-test' };
  const [certificate, key] = [join(folder, 'registry.crt'), join(folder, 'registry.key')];
  if (tls !== undefined) {
    await writeFile(certificate, tls.cert);
    await writeFile(key, tls.key, { mode: 0o600 });
  }
  return {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: tls === undefined ? http : { ...http, tls: { certificate, key } },
  };
}

async function authSettings(
  folder: string,
  auth: 'none' | 'basic' | 'token',
  tokens: TokenServer | null,
): Promise<object> {
  if (tokens !== null) {
    const jwks = join(folder, 'jwks.json');
    await writeFile(jwks, tokens.jwks);
    const { realm, service, issuer } = tokens;
    return { auth: { token: { realm, service, issuer, jwks } } };
  }
  if (auth === 'none') return {};
  const path = join(folder, 'htpasswd');
  await writeFile(path, HTPASSWD);
  return { auth: { htpasswd: { realm: 'test', path } } };
}
