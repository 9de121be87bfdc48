import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { must, run } from '../lib/processes.ts';

const CHECKOUT = join(import.meta.dirname, '..', '..', '..');
const LOCAL_BASE = join(import.meta.dirname, '..', '..', 'e2e', 'image', 'local-base');

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
  if (process.getuid?.() !== 0) return 'building without an engine needs root';
  const works = await run('buildah', ['--version']).then(
    ({ code }) => code === 0,
    () => false,
  );
  return works ? null : 'there is no buildah (Debian: apt-get install buildah)';
}

/** buildah with its own store and without a daemon. */
export type Buildah = (...args: readonly string[]) => Promise<string>;

export function createBuildah(folder: string): Buildah {
  const store = [
    '--root',
    join(folder, 'store'),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    'vfs',
  ];
  // buildah reads the logins that these variables name, although it contacts no registry.
  const { DOCKER_CONFIG: _, REGISTRY_AUTH_FILE: __, ...inherited } = process.env;
  const env = { ...inherited, BUILDAH_ISOLATION: 'chroot' };
  return async (...args) => (await must('buildah', [...store, ...args], { env, cwd: CHECKOUT })).trim();
}

/** Builds the build stage's base from this machine's Node; returns its name. */
async function buildLocalBase(buildah: Buildah, folder: string): Promise<string> {
  const root = join(folder, 'base');
  await must(LOCAL_BASE, [root]);
  const container = await buildah('from', 'scratch');
  await buildah('copy', '--quiet', container, root, '/');
  const registry = (await must('npm', ['config', 'get', 'registry'])).trim();
  const env = [
    `npm_config_registry=${registry}`,
    'npm_config_cache=/npm-cache',
    'npm_config_update_notifier=false',
  ];
  const ca = process.env['NODE_EXTRA_CA_CERTS'];
  if (ca !== undefined) env.push(`NODE_EXTRA_CA_CERTS=${ca}`);
  await buildah(
    'config',
    ...['PATH=/usr/local/bin:/usr/bin:/bin', ...env].flatMap((pair) => ['--env', pair]),
    container,
  );
  await buildah('commit', '--quiet', '--rm', container, 'local-node');
  return 'localhost/local-node';
}

/** Builds the Dockerfile on that base and returns the folder where the image's root file system is mounted. */
export async function buildImage(buildah: Buildah, folder: string): Promise<string> {
  const base = await buildLocalBase(buildah, folder);
  const cache = (await must('npm', ['config', 'get', 'cache'])).trim();
  await mkdir(cache, { recursive: true });
  const args = ['--build-arg', `NODE_IMAGE=${base}`, '--volume', `${cache}:/npm-cache`, '--pull-never'];
  await buildah('build', ...args, '--layers=false', '--tag', 'wasmgate', '.');
  return await buildah('mount', await buildah('from', '--pull-never', 'localhost/wasmgate'));
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
}

/**
 * Returns the command line that runs the image's program as a kubelet would: as its user, on a read-only root, with volumes.
 */
export function containerCommand({ root, mounts, args }: Container): readonly string[] {
  const binds = mounts.flatMap(({ folder, at }) => {
    const target = join(root, at);
    return [`mkdir -p '${target}'`, `mount --bind '${folder}' '${target}'`];
  });
  const steps = [
    `mount --bind '${root}' '${root}'`,
    ...binds,
    `mount -o remount,ro,bind '${root}'`,
    `exec chroot --userspec=65532:65532 '${root}' /usr/local/bin/node /app/main.js "$@"`,
  ];
  return ['unshare', '--mount', 'sh', '-e', '-c', steps.join('\n'), 'container', ...args];
}
