import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ImageReport, DescribedImage } from '../assess/inspect/image-report.ts';
import { inspectReference } from '../assess/inspect/inspect-reference.ts';
import type { InspectDeps, InspectRequest } from '../cli/inspect/inspect-request.ts';
import type { Io } from '../cli/io.ts';
import { usageError } from '../cli/usage-error.ts';
import type { Credential } from '../credentials/credential.ts';
import { createPeekImage } from '../images/peek-image.ts';
import { loadKeychain } from '../keychain/keychain.ts';
import { describeError } from '../lib/errors.ts';
import { createRegistryClient, type RegistryClientOptions } from '../registry/client.ts';
import { readCertificates } from '../registry/hosts/load-tls.ts';
import { readLivePlatforms } from './live-platforms.ts';
import { createStderrLogger } from './stderr-logger.ts';
import { usualDockerConfigs } from './usual-docker-configs.ts';

/** Of the user's own machine. */
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];

async function readCa(file: string): Promise<readonly string[]> {
  try {
    return [await readCertificates(file)];
  } catch (error) {
    throw usageError(`flag --ca-file takes a PEM file of certificates. ${describeError(error)}`, 'inspect');
  }
}

/** A registry on this machine is meant by whoever names it, and speaks plain http unless its authority is named. */
async function registryOptions({
  reference,
  plainHttp,
  caFile,
}: InspectRequest): Promise<RegistryClientOptions> {
  const hosts = plainHttp ? [reference.registry] : [];
  if (caFile === undefined) return { plainHttp: hosts, allowAddresses: [], allowLoopback: true };
  return { plainHttp: hosts, allowAddresses: LOOPBACK, ca: await readCa(caFile) };
}

/** What is named stands alone. */
function dockerConfigs({ dockerConfig }: InspectRequest, env: Io['env']): readonly string[] {
  if (dockerConfig !== undefined) {
    const file = join(dockerConfig, 'config.json');
    if (existsSync(file)) return [file];
    throw usageError(
      `flag --docker-config takes a folder with a config.json, and there is no "${file}"`,
      'inspect',
    );
  }
  return usualDockerConfigs(env);
}

async function findCredentials(
  request: InspectRequest,
  io: Io,
  signal: AbortSignal,
): Promise<readonly Credential[]> {
  const { reference, login, providers, milliseconds } = request;
  if (login !== null) {
    const secret = { kind: 'basic', ...login } as const;
    return [{ server: reference.registry, secret, source: '--username' }];
  }
  const keychain = await loadKeychain(
    { logger: createStderrLogger(io) },
    {
      dockerConfigs: dockerConfigs(request, io.env),
      providers,
      env: io.env,
      // Whatever runs longer would keep this process alive after its answer.
      limits: { programMilliseconds: milliseconds },
    },
  );
  return keychain.credentialsFor(reference, signal);
}

/** The user of the command is the only tenant. */
const COMMAND_TENANT = 'command-line';

async function inspect(request: InspectRequest, io: Io): Promise<DescribedImage> {
  const { reference, platform, command, milliseconds } = request;
  const options = await registryOptions(request);
  const signal = AbortSignal.timeout(milliseconds);
  const nodes = request.isLive ? await readLivePlatforms(request.kubeconfig, { io, signal }) : [];
  const credentials = await findCredentials(request, io, signal);
  const traffic: { -readonly [Key in 'requests' | 'bytes']: ImageReport[Key] } = { requests: 0, bytes: 0 };
  const registry = createRegistryClient(
    {},
    {
      ...options,
      env: io.env,
      onRequest: ({ bytes }) => {
        traffic.requests += 1;
        traffic.bytes += bytes;
      },
    },
  );
  try {
    return await inspectReference(
      { registry, peek: request.peek ? createPeekImage({ registry }) : null, traffic: () => traffic },
      { reference, platform, nodes, override: { command }, credentials, signal, tenant: COMMAND_TENANT },
    );
  } finally {
    await registry.close();
  }
}

/** `wasmgate inspect`: no configuration file, one image, and a cluster's nodes only if asked for. */
export function wireInspect(): InspectDeps {
  return { inspect, readInput: () => text(process.stdin) };
}
