import { homedir } from 'node:os';
import { join } from 'node:path';

const KUBERNETES_VERSION = '1.36.3';

/** How to build a program from the Go module in the folder beside this file. */
export interface Recipe {
  readonly module: string;
  readonly package: string;
  readonly linkerFlags: string;
}

/** `go build` leaves the version empty, and then kubectl and API server reject each other. */
const KUBERNETES_STAMP = Object.entries({
  gitVersion: `v${KUBERNETES_VERSION}`,
  gitMajor: KUBERNETES_VERSION.split('.')[0],
  gitMinor: KUBERNETES_VERSION.split('.')[1],
  gitTreeState: 'clean',
})
  .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
  .join(' ');

function kubernetes(program: string): Recipe {
  return {
    module: 'kubernetes',
    package: `k8s.io/kubernetes/cmd/${program}`,
    linkerFlags: KUBERNETES_STAMP,
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

/** The cache of built programs, shared by all checkouts. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(cache, 'wasmgate', 'testbed', `kubernetes-${KUBERNETES_VERSION}`);
}
