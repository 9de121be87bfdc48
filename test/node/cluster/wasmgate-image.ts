import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { must } from '../../support/lib/processes.ts';
import { cacheFolder } from '../programs/cache.ts';
import { supportsOverlay } from './overlay-support.ts';

export const CHECKOUT = join(import.meta.dirname, '..', '..', '..');
const LOCAL_BASE = join(CHECKOUT, 'test', 'e2e', 'image', 'local-base');

const NAME = 'localhost/wasmgate:node-test';

/**
 * Builds the image by the Dockerfile of this checkout, and writes it into an OCI layout; returns the layout's folder. Its base
 * is this machine's Node, so that it needs no other registry. The cache keeps the layers of earlier builds, so that a build of
 * changed sources takes seconds.
 */
export async function buildWasmgateImage(signal: AbortSignal): Promise<string> {
  const folder = join(cacheFolder(), 'wasmgate-image');
  await mkdir(folder, { recursive: true });
  const buildah = await createBuildah(folder, signal);
  const base = await findBase(folder, buildah);
  const platform = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`;
  await buildah([
    'build',
    '--layers',
    '--format=oci',
    `--platform=${platform}`,
    `--build-arg=BUILDPLATFORM=${platform}`,
    `--build-arg=NODE_IMAGE=${base}`,
    `--tag=${NAME}`,
    '.',
  ]);
  const id = await buildah(['images', '--no-trunc', '--quiet', NAME]);
  const layout = join(folder, 'layouts', id.replace(':', '-'));
  if (existsSync(layout)) return layout;
  await rm(dirname(layout), { recursive: true, force: true });
  await mkdir(dirname(layout));
  const partial = `${layout}.partial`;
  await buildah(['push', '--quiet', '--format=oci', NAME, `oci:${partial}`]);
  await rename(partial, layout);
  return layout;
}

type Buildah = (args: readonly string[]) => Promise<string>;

async function createBuildah(folder: string, signal: AbortSignal): Promise<Buildah> {
  // The user's own configuration of registries and logins must not affect the build.
  const { DOCKER_CONFIG: _, REGISTRY_AUTH_FILE: __, XDG_CONFIG_HOME: ___, ...inherited } = process.env;
  const env = {
    ...inherited,
    HOME: join(folder, 'home'),
    BUILDAH_ISOLATION: 'chroot',
    STORAGE_DRIVER: (await supportsOverlay(folder)) ? 'overlay' : 'vfs',
  };
  const run = join(folder, 'run');
  const store = ['--root', join(folder, 'store'), '--runroot', run];
  // Some versions leave mounts behind: in a namespace of its own, none outlives a command.
  const command = ['--mount', 'buildah', ...store];
  await rm(run, { recursive: true, force: true });
  return async (args) =>
    (await must('unshare', [...command, ...args], { env, cwd: CHECKOUT, signal })).trim();
}

/** Returns the name of a base image with this Node, and builds it if the cache has none. */
async function findBase(folder: string, buildah: Buildah): Promise<string> {
  // The program that runs this, whatever comes first on PATH.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
  const settings = [
    'PATH=/usr/local/bin:/usr/bin:/bin',
    `npm_config_registry=${(await must('npm', ['config', 'get', 'registry'])).trim()}`,
    'npm_config_update_notifier=false',
    ...['NODE_EXTRA_CA_CERTS'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [`${name}=${value}`];
    }),
  ];
  const facts = JSON.stringify([process.version, settings]);
  const base = `localhost/node:${createHash('sha256').update(facts).digest('hex').slice(0, 16)}`;
  if ((await buildah(['images', '--quiet', '--filter', `reference=${base}`])) !== '') return base;
  const root = join(folder, 'base');
  await rm(root, { recursive: true, force: true });
  await must(LOCAL_BASE, [root], { env });
  const container = await buildah(['from', 'scratch']);
  await buildah(['copy', '--quiet', container, root, '/']);
  await buildah(['config', ...settings.map((pair) => `--env=${pair}`), container]);
  await buildah(['commit', '--quiet', '--rm', container, base]);
  await rm(root, { recursive: true });
  return base;
}
