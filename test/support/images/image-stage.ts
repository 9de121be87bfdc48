import { onTestFinished } from 'vitest';
import { createAssessPod } from '../../../src/assess/assess-pod.ts';
import { type AssessPod, type DecidedAssessment, createDeadline } from '../../../src/assess/assessment.ts';
import { pushBlob, pushManifest, targetOf } from '../../../src/fake-registry/push-image.ts';
import { OCI_MANIFEST } from '../../../src/image/media-types.ts';
import { createImageCatalog } from '../../../src/images/image-catalog.ts';
import type { PolicySettings } from '../../../src/policy/settings.ts';
import { createRegistryClient } from '../../../src/registry/client.ts';
import { clusterPort } from '../assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../assess/recording-logger.ts';
import { putLayeredImage, type LayeredImage } from '../image/layered-image.ts';
import { cluster, node, pod, runtimeClass, settings, type PodSketch } from '../pod/pods.ts';
import { startRegistry, type TestRegistry } from '../registry/registry.ts';

export interface ImageStage {
  readonly registry: TestRegistry;
  readonly put: (image: LayeredImage) => string;
  /** Stores a module as an artifact in the CNCF layout. */
  readonly putModule: (file: Uint8Array) => string;
  /** The use case itself, for a server. */
  readonly run: AssessPod;
  readonly assess: (sketch: PodSketch) => Promise<DecidedAssessment>;
  /** Returns the requests so far, except those for a manifest and a config. */
  readonly looks: () => number;
}

interface Setup {
  /** Names of RuntimeClasses and their handlers, which one node has. */
  readonly classes: readonly string[];
  readonly policy?: Partial<PolicySettings>;
}

/** Creates a cluster, a registry and a cache for one test. */
export async function setUpImages({ classes, policy = {} }: Setup): Promise<ImageStage> {
  const registry = await startRegistry();
  const client = createRegistryClient(
    { sleep: () => Promise.resolve() },
    { plainHttp: [], allowAddresses: [], allowLoopback: true },
  );
  onTestFinished(async () => {
    await client.close();
    await registry.close();
  });
  const { logger } = createRecordingLogger();
  const port = clusterPort(
    cluster(
      classes.map((name) => runtimeClass(name)),
      [node('n1', { handlers: ['', 'runc', ...classes] })],
    ),
  );
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
  const run = createAssessPod(
    { catalog, cluster: port, serviceAccounts: NO_ACCOUNT_SECRETS, logger },
    { policy: settings(policy), ownNamespace: 'wasmgate-system' },
  );
  let put = 1;

  function putModule(file: Uint8Array): string {
    const name = `artifact/module:${put++}`;
    const target = targetOf(registry.store, name);
    const config = pushBlob(target, 'application/vnd.wasm.config.v0+json', {
      architecture: 'wasm',
      os: 'wasip1',
      layerDigests: [],
    });
    const layer = pushBlob(target, 'application/wasm', file);
    pushManifest(
      target,
      { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] },
      OCI_MANIFEST,
    );
    return `${registry.host}/${name}`;
  }

  return {
    registry,
    run,
    put: (image) => {
      const name = `layered/app:${put++}`;
      putLayeredImage(registry.store, name, image);
      return `${registry.host}/${name}`;
    },
    putModule,
    assess: async (sketch) => {
      const assessment = await run({
        subject: 'pod',
        pod: pod(sketch),
        namespace: 'default',
        step: 'mutate',
        deadline: createDeadline(60_000),
      });
      if (assessment.kind !== 'decided') throw new Error('the Pod was not judged');
      return assessment;
    },
    looks: () => registry.log.length - 2,
  };
}
