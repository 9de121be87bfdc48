import { join } from 'node:path';
import { userCache } from '../../support/lib/user-cache.ts';

/** Kubernetes that tests run against, and the oldest that wasmgate supports (`npm run test:oldest`). */
const KUBERNETES = {
  '1.36.3': 'kubernetes',
  '1.30.14': 'kubernetes-1.30',
} as const;

type KubernetesVersion = keyof typeof KUBERNETES;
const CURRENT: KubernetesVersion = '1.36.3';
export const OLDEST: KubernetesVersion = '1.30.14';

/** How to build a program from the Go module in the folder beside this file. */
export interface Recipe {
  readonly module: string;
  readonly package: string;
  readonly linkerFlags: string;
}

/** Returns how to build a program of Kubernetes. */
export function kubernetes(program: string, version: KubernetesVersion = CURRENT): Recipe {
  const [major, minor] = version.split('.');
  // `go build` leaves the version empty, and then kubectl and API server reject each other.
  const stamp = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  return {
    module: KUBERNETES[version],
    package: `k8s.io/kubernetes/cmd/${program}`,
    linkerFlags: Object.entries(stamp)
      .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
      .join(' '),
  };
}

export const RECIPES = {
  'kube-apiserver': kubernetes('kube-apiserver'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  kubectl: kubernetes('kubectl'),
  etcd: { module: 'etcd', package: 'go.etcd.io/etcd/server/v3', linkerFlags: '' },
  registry: {
    module: 'registry',
    package: 'github.com/distribution/distribution/v3/cmd/registry',
    linkerFlags: '',
  },
  crane: { module: 'crane', package: 'github.com/google/go-containerregistry/cmd/crane', linkerFlags: '' },
  helm: { module: 'helm', package: 'helm.sh/helm/v4/cmd/helm', linkerFlags: '' },
} as const satisfies Record<string, Recipe>;

export type Program = keyof typeof RECIPES;
export const PROGRAMS = Object.keys(RECIPES) as readonly Program[];

/** The cache of programs built for a version of Kubernetes, shared by all checkouts. */
export function cacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  version: KubernetesVersion = CURRENT,
): string {
  return join(userCache(env), 'testbed', `kubernetes-${version}`);
}
