import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { must, type Output, run } from '../lib/processes.ts';

const CHECKOUT = join(import.meta.dirname, '..', '..', '..');
const LOCAL_BASE = join(CHECKOUT, 'test', 'e2e', 'image', 'local-base');

/** What a release is made of, from this checkout as it is. */
const SOURCES = [
  '.ci',
  '.dockerignore',
  '.gitignore',
  '.npmrc',
  'Dockerfile',
  'README.md',
  'manifests',
  'package-lock.json',
  'package.json',
  'src',
  'test/support/lib',
];

/** Go's names of the architectures of a release. */
export const ARCHITECTURES = ['amd64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];
export const OWN: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
export const OTHER: Architecture = OWN === 'arm64' ? 'amd64' : 'arm64';

export interface ImageTools {
  /** Use with `describe.skipIf`. */
  readonly missing: boolean;
  /** Use in the title of a skipped suite. */
  readonly note: string;
}

/** Finds the tools that build an image. With WASMGATE_E2E=required their absence is an error. */
export async function imageTools(env: NodeJS.ProcessEnv = process.env): Promise<ImageTools> {
  const obstacle = env['WASMGATE_E2E'] === 'skip' ? 'WASMGATE_E2E=skip' : await whyNoImages();
  if (obstacle === null) return { missing: false, note: '' };
  if (env['WASMGATE_E2E'] === 'required') throw new Error(`Cannot build the image: ${obstacle}`);
  return { missing: true, note: ` (skipped: ${obstacle})` };
}

async function whyNoImages(): Promise<string | null> {
  if (process.platform !== 'linux') return 'the local base image is made of the tools of a Linux machine';
  if (process.getuid?.() !== 0) return 'running the image without an engine needs root';
  for (const tool of ['apt-get', 'buildah', 'git', 'skopeo']) {
    const works = await run(tool, ['--version']).then(
      ({ code }) => code === 0,
      () => false,
    );
    if (!works) return `there is no ${tool}`;
  }
  return null;
}

/** An image that the Dockerfile can start from. */
export interface Bases {
  /** Name and digest of an index with an image for each architecture. */
  readonly all: string;
  /** Name and digest of an image for this machine's architecture alone. */
  readonly own: string;
}

/** A registry without TLS, and the program that reads digests from it. */
interface BaseRegistry {
  readonly host: string;
  readonly crane: string;
}

/** A stage that images are built on: a folder, and a registry that holds the base. */
export interface ImageStage {
  readonly folder: string;
  /** For buildah and skopeo: a home whose configuration lets them use HTTP with the registry. */
  readonly env: NodeJS.ProcessEnv;
  readonly bases: Bases;
}

/** Builds bases from this machine's Node, and from npm's and Debian's packages; pushes them to a registry. */
export async function createImageStage(folder: string, registry: BaseRegistry): Promise<ImageStage> {
  const home = join(folder, 'home');
  const configuration = join(home, '.config', 'containers', 'registries.conf');
  await mkdir(dirname(configuration), { recursive: true });
  await writeFile(configuration, `[[registry]]\nlocation = "${registry.host}"\ninsecure = true\n`);
  // The tools read the logins that these name, although this registry needs none.
  const { DOCKER_CONFIG: _, REGISTRY_AUTH_FILE: __, XDG_CONFIG_HOME: ___, ...inherited } = process.env;
  const env = { ...inherited, HOME: home, BUILDAH_ISOLATION: 'chroot', STORAGE_DRIVER: 'vfs' };
  return { folder, env, bases: await pushBases(folder, registry, env) };
}

async function pushBases(folder: string, registry: BaseRegistry, env: NodeJS.ProcessEnv): Promise<Bases> {
  const store = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')];
  const buildah = async (...args: readonly string[]): Promise<string> =>
    (await must('buildah', [...store, ...args], { env })).trim();
  const variables = await baseEnvironment();
  await buildah('manifest', 'create', 'bases');
  for (const architecture of ARCHITECTURES) {
    const root = join(folder, `base-${architecture}`);
    await must(LOCAL_BASE, [root, architecture]);
    const container = await buildah('from', `--arch=${architecture}`, 'scratch');
    await buildah('copy', '--quiet', container, root, '/');
    const settings = variables.map((pair) => `--env=${pair}`);
    await buildah('config', `--arch=${architecture}`, ...settings, container);
    await buildah('commit', '--quiet', '--rm', container, `base-${architecture}`);
    await buildah('manifest', 'add', 'bases', `localhost/base-${architecture}`);
  }
  const layout = `oci:${join(folder, 'bases')}:all`;
  await buildah('manifest', 'push', '--all', 'bases', layout);
  const copy = ['copy', '--quiet', '--dest-tls-verify=false'];
  await must('skopeo', [...copy, '--all', layout, `docker://${registry.host}/node:all`]);
  await must('skopeo', [...copy, layout, `docker://${registry.host}/node:own`]);
  const pin = async (name: string): Promise<string> =>
    `${name}@${(await must(registry.crane, ['digest', '--insecure', name])).trim()}`;
  return { all: await pin(`${registry.host}/node:all`), own: await pin(`${registry.host}/node:own`) };
}

/** What lets npm install packages in the build as it does here. */
async function baseEnvironment(): Promise<readonly string[]> {
  const npm = (await must('npm', ['config', 'get', 'registry'])).trim();
  const ca = process.env['NODE_EXTRA_CA_CERTS'];
  return [
    'PATH=/usr/local/bin:/usr/bin:/bin',
    `npm_config_registry=${npm}`,
    'npm_config_update_notifier=false',
    ...(ca === undefined ? [] : [`NODE_EXTRA_CA_CERTS=${ca}`]),
  ];
}

/** Commits this checkout's sources as they are now, and returns the repository. */
export async function commitSources(folder: string): Promise<string> {
  const repository = join(folder, 'sources');
  for (const path of SOURCES) await cp(join(CHECKOUT, path), join(repository, path), { recursive: true });
  await must('git', ['init', '--quiet', repository]);
  await commitAll(repository);
  return repository;
}

/** Commits all changes in a repository. */
export async function commitAll(repository: string): Promise<void> {
  const git = ['-C', repository, '-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
  await must('git', [...git, 'add', '--all']);
  await must('git', [...git, 'commit', '--quiet', '--message', 'Release']);
}

/** Clones a repository with a umask: what git writes differs between machines in this. */
export async function cloneSources(repository: string, to: string, umask = '022'): Promise<void> {
  await must('sh', ['-c', 'umask "$1"; exec git clone --quiet "$2" "$3"', 'sh', umask, repository, to]);
}

/** Runs the release script of a clone. */
export function runRelease(
  clone: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Output> {
  return run(process.execPath, [join(clone, '.ci', 'release', 'main.ts'), ...args], { env });
}

/** Runs the release script, which must succeed, and returns what it prints. */
export async function mustRelease(
  clone: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const { code, stdout, stderr } = await runRelease(clone, args, env);
  if (code !== 0 || stderr !== '') throw new Error(`the release exited with ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** Unpacks an image of an OCI layout, as a runtime does. */
export async function unpackImage(layers: readonly string[], root: string): Promise<void> {
  await mkdir(root, { mode: 0o755 });
  for (const layer of layers) await must('tar', ['--extract', '--file', layer, '--directory', root]);
  await chmod(root, 0o755);
}

/** A folder of this machine and where the container sees it. */
export interface Mount {
  readonly folder: string;
  readonly at: string;
}

export interface Container {
  readonly root: string;
  readonly mounts: readonly Mount[];
  readonly args: readonly string[];
  /** uid and gid; those of the image by default. */
  readonly user?: string;
}

/**
 * Returns the command line that runs the image's program as a kubelet would: as its user, on a read-only root, with volumes.
 */
export function containerCommand({ root, mounts, args, user = '65532:65532' }: Container): readonly string[] {
  const binds = mounts.flatMap(({ folder, at }) => {
    const target = join(root, at);
    return [`mkdir -p '${target}'`, `mount --bind '${folder}' '${target}'`];
  });
  const steps = [
    `mount --bind '${root}' '${root}'`,
    ...binds,
    `mount -o remount,ro,bind '${root}'`,
    `exec chroot --userspec=${user} '${root}' /usr/local/bin/node /app/main.js "$@"`,
  ];
  return ['unshare', '--mount', 'sh', '-e', '-c', steps.join('\n'), 'container', ...args];
}
