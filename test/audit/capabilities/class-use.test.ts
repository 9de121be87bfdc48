import { expect, test } from 'vitest';
import { createAssessPod } from '../../../src/assess/assess-pod.ts';
import type { UnreadFact } from '../../../src/assess/ports.ts';
import type { ObjectsPort } from '../../../src/audit/ports.ts';
import { runAudit } from '../../../src/audit/run-audit.ts';
import { createImageCatalog } from '../../../src/images/image-catalog.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { clusterPort } from '../../support/assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../../support/assess/recording-logger.ts';
import { putFixtureImages } from '../../support/image/fixture-images.ts';
import { deployment, pod } from '../../support/kubernetes/objects.ts';
import { cluster, runtimeClass, settings } from '../../support/pod/pods.ts';
import { useRegistry } from '../../support/registry/use-registry.ts';

const { registry, client } = await useRegistry({ images: putFixtureImages });
const { logger } = createRecordingLogger();
const view = cluster(['nvidia', 'runsc', 'slight', 'spin', 'wasmtime'].map((name) => runtimeClass(name)));
const policy = settings();
const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
const assess = createAssessPod(
  { catalog, cluster: clusterPort(view), serviceAccounts: NO_ACCOUNT_SECRETS, logger },
  { policy, ownNamespace: 'wasmgate-system' },
);

function named(runtimeClassName: string, image = 'linux-plain') {
  const containers = [{ name: 'main', image: `${registry.host}/corpus/${image}:latest` }];
  return { spec: { runtimeClassName, containers } };
}

const module = {
  spec: { containers: [{ name: 'main', image: `${registry.host}/corpus/bk-wasi-wasm:latest` }] },
};
const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'driver', uid: 'u', controller: true };
const OBJECTS: Readonly<Record<string, readonly object[]>> = {
  deployments: [
    deployment('driver', 'kube-system', named('nvidia')),
    deployment('without-pods', 'kube-system', named('spin')),
    deployment('sandboxed', 'default', named('runsc')),
    deployment('module', 'default', module),
  ],
  pods: [
    pod('driver-1', 'kube-system', {
      ...named('nvidia'),
      metadata: { uid: '1', ownerReferences: [owner] },
    }),
    pod('alone', 'kube-system', { ...named('nvidia'), metadata: { uid: '2' } }),
  ],
};

const objects: ObjectsPort = {
  findServed: (wanted) =>
    Promise.resolve(
      wanted.flatMap(({ group, kind }) =>
        kind === 'Deployment' || kind === 'Pod'
          ? [{ group, kind, version: 'v1', resource: `${kind.toLowerCase()}s` }]
          : [],
      ),
    ),
  async *pages({ resource }) {
    await Promise.resolve();
    yield (OBJECTS[resource] ?? []) as readonly JsonObject[];
  },
};

async function useOfClasses(unread: readonly UnreadFact[]) {
  const report = await runAudit(
    {
      assess,
      objects,
      server: { server: '', version: '', wasmgate: 'installed' },
      view: () => view,
      policy,
      configuration: '',
      unread: () => unread,
      knowsClasses: true,
      installation: 'installed',
    },
    {
      scope: { namespace: null, selector: '' },
      ownNamespace: 'default',
      now: new Date(0),
      signal: new AbortController().signal,
    },
  );
  return report.capabilities.classes?.map((one) => [one.name, one.use]);
}

test('a class counts its workloads, those that wasmgate does not judge included, each once with its Pods', async () => {
  expect(await useOfClasses([])).toEqual([
    ['nvidia', { named: 2, chosen: 0 }],
    ['runsc', { named: 1, chosen: 0 }],
    ['slight', { named: 0, chosen: 0 }],
    ['spin', { named: 1, chosen: 0 }],
    ['wasmtime', { named: 0, chosen: 1 }],
  ]);
});

test.each(['nodes', 'configuration'] as const)(
  'without the %s, on which the choice of a class depends, no class counts as unused',
  async (fact) => {
    const use = await useOfClasses([{ fact, what: fact, message: '', advice: '' }]);
    expect(use).toEqual(['nvidia', 'runsc', 'slight', 'spin', 'wasmtime'].map((name) => [name, null]));
  },
);
