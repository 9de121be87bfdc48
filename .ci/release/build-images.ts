import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../test/support/lib/processes.ts';
import type { Platform } from './options.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Lines of buildah's output to show after a failure. */
const TAIL_LINES = 15;

export interface Build {
  readonly platforms: readonly Platform[];
  /** Instead of the Dockerfile's base; null for that. */
  readonly base: string | null;
  /** Seconds since 1970: the time of every file and of the image. */
  readonly timestamp: number;
  /** Labels of the image and annotations of its manifest. */
  readonly labels: Readonly<Record<string, string>>;
  /** The layout to write to: one tag a platform. */
  readonly layout: string;
  readonly progress: (line: string) => void;
}

/** The tag of a platform's image in the layout. */
export function tagOf(platform: Platform): string {
  return platform.replace('/', '-');
}

/** The platform of this machine, such as linux/amd64. */
export function ownPlatform(): string {
  return `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`;
}

/**
 * Builds the Dockerfile for each platform. The store is new, so that nothing of an earlier build gets in; the platforms share
 * it, so that the stage with the program is built once.
 */
export async function buildImages(build: Build): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-release-'));
  const buildah = async (what: string, command: string, args: readonly string[]): Promise<void> => {
    const store = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')];
    const { code, stdout, stderr } = await run('buildah', [...store, command, ...args], { cwd: ROOT });
    if (code === 0) return;
    const output = `${stdout}${stderr}`.trim().split('\n').slice(-TAIL_LINES).join('\n');
    throw new Error(`cannot ${what}: buildah ${command} exited with ${code}\n${output}`);
  };
  try {
    // First what depends on the base, so that a base without a platform fails before minutes of other work.
    for (const platform of build.platforms) {
      build.progress(`Reading the base for ${platform}`);
      const others = build.platforms.filter((other) => other !== platform).join(',');
      const advice = others === '' ? '' : ` (--platform ${others} leaves it out)`;
      const args = ['--target=runtime', ...buildArguments(build, platform)];
      await buildah(`use the base for ${platform}${advice}`, 'build', args);
    }
    for (const platform of build.platforms) {
      build.progress(`Building for ${platform}`);
      const image = `localhost/wasmgate:${tagOf(platform)}`;
      await buildah(`build for ${platform}`, 'build', [`--tag=${image}`, ...buildArguments(build, platform)]);
      const target = `oci:${build.layout}:${tagOf(platform)}`;
      await buildah(`write the image for ${platform}`, 'push', ['--quiet', '--format=oci', image, target]);
    }
  } finally {
    // Without root, the store has files of other uids, which only buildah can remove.
    await buildah('clear the store', 'rmi', ['--all', '--force']).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  }
}

function buildArguments({ base, timestamp, labels }: Build, platform: Platform): readonly string[] {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [
    '--layers',
    '--format=oci',
    '--identity-label=false',
    `--platform=${platform}`,
    `--timestamp=${timestamp}`,
    // Older ones set it only for the build's commands, not for FROM.
    `--build-arg=BUILDPLATFORM=${ownPlatform()}`,
    ...(base === null ? [] : [`--build-arg=NODE_IMAGE=${base}`]),
    ...pairs.flatMap((pair) => [`--label=${pair}`, `--annotation=${pair}`]),
    '.',
  ];
}
