import { join, resolve } from 'node:path';
import { kubernetes } from '../../e2e/testbed/programs.ts';
import { must } from '../../support/lib/processes.ts';
import { type BuildInputs, cacheFolder } from './cache.ts';
import type { BuildTool } from './prerequisites.ts';

const HERE = import.meta.dirname;
const TESTBED = resolve(HERE, '../../e2e/testbed');
const MODULES = resolve(HERE, '../modules');
const SHIM = resolve(HERE, '../shim');

/** Where a build writes, and how it runs. */
export interface BuildPlace {
  /** An empty folder for the finished files. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Returns the folder of what another recipe built. */
  readonly folderOf: (recipe: Recipe) => Promise<string>;
}

/** How to build some of the node's programs. */
export interface Recipe extends BuildInputs {
  readonly tools: readonly BuildTool[];
  /** What it takes alone on two cores, with an empty build cache. */
  readonly seconds: number;
  readonly build: (place: BuildPlace) => Promise<void>;
}

interface GoSettings {
  /** Packages to build, by the name of the program. */
  readonly packages: Readonly<Record<string, string>>;
  readonly linkerFlags?: string;
  readonly tags?: readonly string[];
  readonly cgo?: boolean;
  readonly platform?: { readonly GOOS: string; readonly GOARCH: string };
}

type GoRecipe = Omit<Recipe, 'settings' | 'tools' | 'build'> & {
  /** The folder of the Go module. */
  readonly module: string;
  readonly settings: GoSettings;
};

function goRecipe({ module, ...recipe }: GoRecipe): Recipe {
  const { packages, linkerFlags = '', tags = [], cgo = false, platform = {} } = recipe.settings;
  return {
    ...recipe,
    tools: cgo ? ['go', 'gcc', 'pkg-config', 'libseccomp'] : ['go'],
    build: async ({ folder, env, signal }) => {
      for (const [program, path] of Object.entries(packages)) {
        const flags = ['-trimpath', '-tags', tags.join(','), '-ldflags', `-s -w ${linkerFlags}`.trimEnd()];
        await must('go', ['build', ...flags, '-o', join(folder, program), path], {
          cwd: module,
          // A workspace file above the checkout must not affect the versions.
          env: { ...env, ...platform, CGO_ENABLED: cgo ? '1' : '0', GOWORK: 'off' },
          signal,
        });
      }
    },
  };
}

/** A recipe for programs of a Go module that a folder beside this file pins. */
function pinnedModule(recipe: Omit<GoRecipe, 'module' | 'sources'>): Recipe {
  const module = join(HERE, recipe.name);
  return goRecipe({ ...recipe, module, sources: [join(module, 'go.mod'), join(module, 'go.sum')] });
}

function kubernetesProgram(name: string, seconds: number): Recipe {
  const { module, package: path, linkerFlags } = kubernetes(name);
  const folder = join(TESTBED, module);
  return goRecipe({
    name,
    version: '1.36.3',
    module: folder,
    sources: [join(folder, 'go.mod'), join(folder, 'go.sum')],
    settings: { packages: { [name]: path }, linkerFlags },
    seconds,
  });
}

const CONTAINERD = 'github.com/containerd/containerd/v2';
const CNI_PLUGINS = 'github.com/containernetworking/plugins/plugins';

const containerd = pinnedModule({
  name: 'containerd',
  version: '2.2.9',
  settings: {
    packages: {
      containerd: `${CONTAINERD}/cmd/containerd`,
      'containerd-shim-runc-v2': `${CONTAINERD}/cmd/containerd-shim-runc-v2`,
    },
    linkerFlags: `-X ${CONTAINERD}/version.Version=v2.2.9`,
    // Snapshotters that the node does not use. They need C libraries.
    tags: ['no_btrfs', 'no_devmapper', 'no_zfs'],
  },
  seconds: 150,
});

const runc = pinnedModule({
  name: 'runc',
  version: '1.4.4',
  settings: {
    packages: { runc: 'github.com/opencontainers/runc' },
    linkerFlags: '-X main.version=1.4.4',
    // Without it, runc rejects containers that have a seccomp profile.
    tags: ['seccomp'],
    cgo: true,
  },
  seconds: 35,
});

const cniPlugins = pinnedModule({
  name: 'cni-plugins',
  version: '1.9.1',
  settings: {
    packages: {
      bridge: `${CNI_PLUGINS}/main/bridge`,
      'host-local': `${CNI_PLUGINS}/ipam/host-local`,
      loopback: `${CNI_PLUGINS}/main/loopback`,
    },
  },
  seconds: 13,
});

const PAUSE_FLAGS = ['-static', '-Os', '-s'];
const PAUSE_SOURCE = join(HERE, 'pause/pause.c');
const pause: Recipe = {
  name: 'pause',
  version: '1',
  sources: [PAUSE_SOURCE],
  settings: PAUSE_FLAGS,
  tools: ['gcc'],
  seconds: 1,
  build: async ({ folder, env, signal }) => {
    await must('gcc', [...PAUSE_FLAGS, '-o', join(folder, 'pause'), PAUSE_SOURCE], { env, signal });
  },
};

const modules = goRecipe({
  name: 'modules',
  version: '1',
  module: MODULES,
  sources: [MODULES],
  settings: {
    packages: {
      'hello.wasm': './hello',
      'http.wasm': './http',
      'exit3.wasm': './exit3',
      'big.wasm': './big',
    },
    platform: { GOOS: 'wasip1', GOARCH: 'wasm' },
  },
  seconds: 60,
});

const SHIM_SOURCES = ['Cargo.toml', 'Cargo.lock', 'src'].map((name) => join(SHIM, name));
const CARGO_FLAGS = ['--release', '--locked', '--quiet'];
const SHIM_PROGRAM = 'containerd-shim-wasmtime-v1';
const MAKE_COMPONENT = 'make-component';
const shim: Recipe = {
  name: 'shim',
  version: '1.0.1',
  sources: SHIM_SOURCES,
  settings: CARGO_FLAGS,
  tools: ['cargo', 'gcc', 'pkg-config', 'libseccomp', 'protoc', 'protobuf-files'],
  seconds: 600,
  build: async ({ folder, env, signal }) => {
    // Cargo builds only what a change to the shim affects, if it finds the rest of the last build.
    const target = join(cacheFolder(env), 'cargo-target');
    await must('cargo', ['build', ...CARGO_FLAGS], {
      cwd: SHIM,
      env: { ...env, CARGO_TARGET_DIR: target },
      signal,
    });
    const programs = [SHIM_PROGRAM, MAKE_COMPONENT].map((program) => join(target, 'release', program));
    await must('cp', [...programs, folder]);
  },
};

const component: Recipe = {
  name: 'component',
  version: '1',
  sources: [MODULES, ...SHIM_SOURCES],
  settings: null,
  tools: [],
  seconds: 1,
  build: async ({ folder, env, signal, folderOf }) => {
    const makeComponent = join(await folderOf(shim), MAKE_COMPONENT);
    const hello = join(await folderOf(modules), 'hello.wasm');
    await must(makeComponent, [hello, join(folder, 'hello-component.wasm')], { env, signal });
  },
};

export const RECIPES = {
  kubelet: kubernetesProgram('kubelet', 77),
  'kube-scheduler': kubernetesProgram('kube-scheduler', 27),
  containerd,
  runc,
  'cni-plugins': cniPlugins,
  pause,
  modules,
  shim,
  component,
} as const satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof RECIPES;

/** Recipes that are built at the same time: each lane one after the other, beside the other lanes. */
export type Stage = readonly (readonly Recipe[])[];

/** Go and cargo both have times in which they use one core only, so they fill each other's. */
export const PLAN: readonly Stage[] = [
  [[RECIPES.kubelet, RECIPES['kube-scheduler'], containerd, runc, cniPlugins, pause, modules], [shim]],
  [[component]],
];
