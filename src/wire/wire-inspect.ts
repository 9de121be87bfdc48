import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { reportImage, type ImageReport, type DescribedImage } from '../assess/inspect/image-report.ts';
import type { ClusterChoice } from '../cli/cluster-flags.ts';
import type { InspectDeps, InspectRequest } from '../cli/inspect/inspect-request.ts';
import { createStderrLogger, printWarning, type Io } from '../cli/io.ts';
import { usageError } from '../cli/parse-arguments.ts';
import type { Credential } from '../credentials/credential.ts';
import { locateImage } from '../image-files/locate-image.ts';
import type { Platform } from '../image/platform.ts';
import type { Reference } from '../image/reference.ts';
import { inspectReference } from '../images/inspect-reference.ts';
import { createPeekImage } from '../images/peek-image.ts';
import { findDockerConfigs } from '../keychain/find-docker-configs.ts';
import { loadKeychain } from '../keychain/keychain.ts';
import { listFacts } from '../kubernetes/collections.ts';
import { createFixedCluster } from '../kubernetes/fixed-cluster.ts';
import { describeError } from '../lib/errors.ts';
import { platformsOf } from '../policy/nodes/platform-flags.ts';
import { createRegistryClient, type RegistryClientOptions } from '../registry/client.ts';
import { readCertificates } from '../registry/hosts/load-tls.ts';
import { inspectFile } from './inspect-file.ts';
import { openUserCluster } from './open-user-cluster.ts';

/** A request for an image of a registry. */
type RegistryRequest = InspectRequest & { readonly reference: Reference };

/** Addresses of the user's own machine. */
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];

async function readCa(file: string): Promise<readonly string[]> {
  try {
    return [await readCertificates(file)];
  } catch (error) {
    throw usageError(`flag --ca-file takes a PEM file of certificates. ${describeError(error)}`, 'inspect');
  }
}

/** Allows registries on this machine, which speak plain HTTP unless the user names their CA. */
async function registryOptions({
  reference,
  plainHttp,
  caFile,
}: RegistryRequest): Promise<RegistryClientOptions> {
  const hosts = plainHttp ? [reference.registry] : [];
  if (caFile === undefined) return { plainHttp: hosts, allowAddresses: [], allowLoopback: true };
  return { plainHttp: hosts, allowAddresses: LOOPBACK, ca: await readCa(caFile) };
}

/** Returns the named Docker config, or else the user's own. */
function dockerConfigs({ dockerConfig }: InspectRequest, env: Io['env']): readonly string[] {
  if (dockerConfig !== undefined) {
    const file = join(dockerConfig, 'config.json');
    if (existsSync(file)) return [file];
    throw usageError(
      `flag --docker-config takes a folder that holds a config.json, and "${file}" does not exist`,
      'inspect',
    );
  }
  return findDockerConfigs(env);
}

async function findCredentials(
  request: RegistryRequest,
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
      // A program that runs longer would keep this process alive after its output.
      limits: { programMilliseconds: milliseconds },
    },
  );
  return keychain.credentialsFor(reference, signal);
}

/** Returns the platforms of a cluster's schedulable nodes; none if listing nodes is forbidden. */
async function readLivePlatforms(
  live: ClusterChoice,
  { io, signal }: { readonly io: Io; readonly signal: AbortSignal },
): Promise<readonly Platform[]> {
  const { client } = await openUserCluster(live, io.env);
  const { objects, failed } = await listFacts(client, signal, ['Node']);
  for (const { message } of failed.values()) printWarning(io, message);
  const { nodes } = createFixedCluster(objects, 'default').cluster.view();
  return platformsOf(nodes.filter(({ unschedulable }) => !unschedulable));
}

/** The only tenant is the user of the command. */
const COMMAND_TENANT = 'command-line';

async function inspectAtRegistry(
  request: RegistryRequest,
  {
    nodes,
    signal,
    io,
  }: { readonly nodes: readonly Platform[]; readonly signal: AbortSignal; readonly io: Io },
): Promise<DescribedImage> {
  const { reference, platform, command } = request;
  const options = await registryOptions(request);
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
    const override = { command };
    const inspected = await inspectReference(
      { registry, peek: request.peek ? createPeekImage({ registry }) : null },
      { reference, platform, nodes, override, credentials, signal, tenant: COMMAND_TENANT },
    );
    return reportImage(reference, inspected, { override, nodes, traffic });
  } finally {
    await registry.close();
  }
}

const inspect: InspectDeps['inspect'] = async (request, io) => {
  const { subject, milliseconds } = request;
  const signal = AbortSignal.timeout(milliseconds);
  const nodes = request.live === null ? [] : await readLivePlatforms(request.live, { io, signal });
  return subject.kind === 'file'
    ? inspectFile(subject.location, { ...request, nodes, signal })
    : inspectAtRegistry({ ...request, reference: subject.reference }, { nodes, signal, io });
};

/** Joins `wasmgate inspect`: one image, no configuration file, and a cluster's nodes on request only. */
export function wireInspect(): InspectDeps {
  return { inspect, locate: locateImage, readInput: () => text(process.stdin) };
}
