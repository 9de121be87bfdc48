import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  generateServingCertificate,
  LOCAL_NAMES,
  serviceNames,
} from '../../src/certs/serving-certificate.ts';
import { startClusterApi } from '../bench/cluster-api.ts';
import { loadFixtureImages, putFixtureImage } from '../support/image/fixture-images.ts';
import { startDnsServer } from '../support/registry/dns-server.ts';
import { startRegistry, type TestRegistry } from '../support/registry/registry.ts';
import { ATTACKER, type Attack } from './attack.ts';
import { startProgram, type MeasuredProgram } from './program.ts';

/** The program in a separate cluster, with a registry and DNS that behave as the attack needs. */
export interface AttackStage extends AsyncDisposable {
  readonly program: MeasuredProgram;
  readonly ca: string;
  readonly registry: TestRegistry;
  /** Returns another name of the registry, which only the stage's DNS server knows. */
  readonly registryNamed: (index: number) => string;
}

const DEFAULTS = {
  /** Names for the registry, and tags for each image: as many as victims need in the longest attack. */
  names: 500,
  tags: 2_000,
} as const;

const VICTIM_NAMESPACES = Array.from({ length: 16 }, (_, index) => `team-${index}`);
const NAMESPACES = [ATTACKER, ...VICTIM_NAMESPACES];

export function victimNamespace(index: number): string {
  return VICTIM_NAMESPACES[index % VICTIM_NAMESPACES.length] ?? '';
}

/** Wasm images with an unambiguous class. */
export const VICTIM_IMAGES: Readonly<Record<string, string>> = {
  'bk-wasi-wasm': 'wasmtime',
  'buildah-wasi-wasm': 'wasmtime',
  'spin-v2-app': 'wasmtime-spin-v2',
};

function putImages({ store }: TestRegistry): void {
  for (const image of loadFixtureImages().filter(({ name }) => Object.hasOwn(VICTIM_IMAGES, name))) {
    putFixtureImage(store, image);
    const repository = `corpus/${image.name}`;
    const latest = store.manifest(repository, 'latest');
    if (latest === undefined) throw new Error(`Cannot serve image "${image.name}": it has no manifest`);
    for (let tag = 0; tag < DEFAULTS.tags; tag += 1) store.putManifest(repository, `1.${tag}`, latest);
  }
}

function faultsOf({ answer }: Attack): (handler: RequestListener) => RequestListener {
  return (handler) => (request, response) => {
    const own = answer?.(request.url ?? '') ?? null;
    (own ?? handler)(request, response);
  };
}

/** @param main the built program */
export async function setUpStage(attack: Attack, main: string): Promise<AttackStage> {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-attack-'));
  resources.defer(() => rm(folder, { recursive: true }));
  const certificate = await generateServingCertificate([
    ...serviceNames('wasmgate', 'wasmgate-system'),
    ...LOCAL_NAMES,
  ]);
  const registry = resources.use(await startRegistry({ faults: faultsOf(attack) }));
  putImages(registry);
  const isOurs = (name: string): boolean => name.endsWith('.registry.test');
  const dns = resources.use(
    await startDnsServer(({ name }) =>
      isOurs(name) ? { addresses: ['127.0.0.1'] } : (attack.resolve?.(name) ?? 'nxdomain'),
    ),
  );
  const api = resources.use(await startClusterApi(certificate, NAMESPACES, attack.cluster));
  const registryNamed = (index: number): string =>
    `r${index % DEFAULTS.names}.registry.test:${registry.port}`;
  const names = Array.from({ length: DEFAULTS.names }, (_, index) => registryNamed(index));
  const configuration = {
    apiVersion: 'wasmgate.dev/v1alpha1',
    kind: 'Configuration',
    registry: { plainHttp: [registry.host, ...names], allowAddresses: ['127.0.0.1'] },
  };
  const file = join(folder, 'configuration.yaml');
  await writeFile(file, JSON.stringify(configuration));
  await writeFile(join(folder, 'ca.crt'), certificate.caCert);
  await writeFile(join(folder, 'token'), 'attacks');
  const program = resources.use(
    await startProgram({
      program: main,
      configuration: file,
      require: [fileURLToPath(new URL('../bench/service-account.cjs', import.meta.url))],
      env: {
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        KUBERNETES_SERVICE_PORT: String(api.port),
        BENCH_SERVICE_ACCOUNT: folder,
        ATTACKS_DNS_SERVER: dns.address,
      },
    }),
  );
  const owned = resources.move();
  return {
    program,
    ca: certificate.caCert,
    registry,
    registryNamed,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
