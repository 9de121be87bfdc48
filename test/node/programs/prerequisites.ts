import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { must, run } from '../../support/lib/processes.ts';
import { exists } from './cache.ts';

/** What builds the node's programs. */
export type BuildTool = 'go' | 'cargo' | 'gcc' | 'pkg-config' | 'libseccomp' | 'protoc' | 'protobuf-files';

export interface Prerequisite {
  readonly what: string;
  /** The Debian package that has it, or where else it is. */
  readonly from: { readonly debian: string } | { readonly address: string } | null;
  readonly isPresent: (env: NodeJS.ProcessEnv) => Promise<boolean>;
}

const tool = (name: string, debian: string): Prerequisite => ({
  what: name,
  from: { debian },
  isPresent: (env) => isOnPath(name, env),
});

/** The newest `go` line among the modules. */
const GO_NEEDED = { major: 1, minor: 26 } as const;
/** The newest `rust-version` among the crates that Cargo.lock names. */
const RUST_NEEDED = { major: 1, minor: 88 } as const;

export const BUILD_TOOLS: Readonly<Record<BuildTool, Prerequisite>> = {
  go: {
    what: `Go ${GO_NEEDED.major}.${GO_NEEDED.minor} or newer`,
    from: { address: 'https://go.dev/dl' },
    isPresent: async (env) => reaches(await outputOf('go', ['env', 'GOVERSION'], env), GO_NEEDED),
  },
  cargo: {
    what: `cargo ${RUST_NEEDED.major}.${RUST_NEEDED.minor} or newer`,
    from: { address: 'https://rustup.rs' },
    isPresent: async (env) => reaches(await outputOf('cargo', ['--version'], env), RUST_NEEDED),
  },
  gcc: tool('gcc', 'build-essential'),
  'pkg-config': tool('pkg-config', 'pkg-config'),
  protoc: tool('protoc', 'protobuf-compiler'),
  libseccomp: {
    what: 'headers of libseccomp',
    from: { debian: 'libseccomp-dev' },
    isPresent: async (env) => (await outputOf('pkg-config', ['--exists', 'libseccomp'], env)) !== null,
  },
  'protobuf-files': {
    what: "protoc's google/protobuf/*.proto",
    from: { debian: 'libprotobuf-dev' },
    isPresent: hasProtobufFiles,
  },
};

export const CGROUP_ROOT = '/sys/fs/cgroup';

/** What a node needs each time. */
export const RUNTIME: readonly Prerequisite[] = [
  {
    what: 'root, because a node mounts file systems, adds bridges and starts containers',
    from: null,
    isPresent: async () => process.getuid?.() === 0,
  },
  {
    what: `an x86-64 processor, because the images of the tests are for amd64 (this is ${process.arch})`,
    from: null,
    isPresent: async () => process.arch === 'x64',
  },
  {
    what: `control groups, version 1 or 2, at ${CGROUP_ROOT}`,
    from: null,
    isPresent: async () => cgroupVersion() !== null,
  },
  // These two build wasmgate's image.
  tool('buildah', 'buildah'),
  tool('npm', 'npm'),
  tool('ip', 'iproute2'),
  tool('mount', 'mount'),
  tool('nsenter', 'util-linux'),
  tool('unshare', 'util-linux'),
  {
    what: 'busybox, statically linked',
    from: { debian: 'busybox-static' },
    isPresent: async (env) => (await findBusybox(env)) !== null,
  },
];

/** Returns the version of the control groups that the machine has, or null without any. */
export function cgroupVersion(root: string = CGROUP_ROOT): 1 | 2 | null {
  if (existsSync(join(root, 'cgroup.controllers'))) return 2;
  return existsSync(join(root, 'memory/cgroup.procs')) ? 1 : null;
}

/** Returns the path of a busybox that needs no libraries, or null. */
export async function findBusybox(env: NodeJS.ProcessEnv): Promise<string | null> {
  const path = (await outputOf('sh', ['-c', 'command -v busybox'], env))?.trim();
  return path !== undefined && (await isStatic(path)) ? path : null;
}

/** Reports whether an ELF file names no dynamic linker. That name stands right behind the program headers. */
export async function isStatic(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
  const start = buffer.subarray(0, bytesRead).toString('latin1');
  return start.startsWith('\x7fELF') && !/\/ld[-.\w]*\.so/.test(start);
}

export async function findMissing(
  prerequisites: readonly Prerequisite[],
  env: NodeJS.ProcessEnv,
): Promise<readonly Prerequisite[]> {
  const present = await Promise.all(prerequisites.map(({ isPresent }) => isPresent(env)));
  return prerequisites.filter((_, index) => !present[index]);
}

/** Returns the Debian packages that have these, each once. */
export function debianPackages(missing: readonly Prerequisite[]): readonly string[] {
  const names = missing.flatMap(({ from }) => (from !== null && 'debian' in from ? [from.debian] : []));
  return [...new Set(names)].toSorted();
}

/** Describes what is missing, one line each. The last line says how to get the Debian packages. */
export function describeMissing(missing: readonly Prerequisite[]): readonly string[] {
  const lines = missing.map(({ what, from }) =>
    from !== null && 'address' in from ? `missing: ${what} (${from.address})` : `missing: ${what}`,
  );
  const packages = debianPackages(missing);
  if (packages.length === 0) return lines;
  return [...lines, `On Debian, add --install, or run: apt-get install ${packages.join(' ')}`];
}

/** Installs Debian packages. */
export async function installPackages(packages: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const options = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } };
  await must('apt-get', ['update', '-qq'], options);
  await must('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
}

export async function isOnPath(name: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  return (await outputOf('sh', ['-c', 'command -v "$0"', name], env)) !== null;
}

/** Reports whether a text such as "go1.26.8" or "cargo 1.95.0" has this version or a newer one. */
function reaches(text: string | null, needed: { readonly major: number; readonly minor: number }): boolean {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text ?? '') ?? [];
  return Number(major) === needed.major && Number(minor) >= needed.minor;
}

/** Looks where protoc itself looks: in PROTOC_INCLUDE, which crates pass on, and beside the program. */
async function hasProtobufFiles(env: NodeJS.ProcessEnv): Promise<boolean> {
  const protoc = (await outputOf('sh', ['-c', 'command -v protoc'], env))?.trim() ?? '/usr/bin/protoc';
  const folders = [env['PROTOC_INCLUDE'] ?? '', join(protoc, '../../include'), '/usr/include'];
  const found = await Promise.all(
    folders.map((folder) => exists(join(folder, 'google/protobuf/empty.proto'))),
  );
  return found.includes(true);
}

/** Returns the standard output of a program, or null if it fails or does not exist. */
async function outputOf(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  const result = await run(command, args, { env }).catch(() => null);
  return result?.code === 0 ? result.stdout : null;
}
