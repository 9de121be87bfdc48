import { parseArgs } from 'node:util';
import { didYouMean } from '../../src/lib/nearest-name.ts';

export const HELP = `Build a release of the current commit: the image for each platform as an OCI
layout, an SBOM for each, and the chart.

Usage
  npm run release -- --output FOLDER [flags]

Flags
  --output FOLDER   Folder to write to; new or empty.
  --platform LIST   Platforms (default: linux/amd64,linux/arm64).
  --base IMAGE      Base with Node for all of them, instead of the Dockerfile's:
                    a name with a digest, or oci:FOLDER:TAG.
  --push NAME       Also push the image as NAME:VERSION, such as
                    registry.example.com/wasmgate. Without it, no registry is
                    written to.
  -h, --help        Show this help.

Needs git, npm, tar and buildah; skopeo for --push; helm for the chart. The same
commit, base and buildah give the same digests, whenever and wherever it runs.
`;

const PLATFORMS = ['linux/amd64', 'linux/arm64'] as const;
export type Platform = (typeof PLATFORMS)[number];

export interface Options {
  readonly output: string;
  readonly platforms: readonly Platform[];
  readonly base: string | null;
  readonly push: string | null;
}

const FLAGS = ['output', 'platform', 'base', 'push'] as const;

/** An invalid command line. */
export class UsageError extends Error {}

/**
 * Parses the command line; null asks for the help.
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): Options | null {
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(FLAGS.map((name) => [name, { type: 'string' } as const])),
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
    // Node's own errors suggest no flag.
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`It takes no arguments, found "${token.value}".`);
    if (token.kind !== 'option') continue;
    if (token.name === 'help') return null;
    if (!(FLAGS as readonly string[]).includes(token.name)) {
      const near = didYouMean(
        token.rawName,
        [...FLAGS, 'help'].map((name) => `--${name}`),
      );
      throw new UsageError(`There is no flag "${token.rawName}".${near}`);
    }
    if (token.value === undefined || token.value === '' || token.value.startsWith('--')) {
      throw new UsageError(`Flag --${token.name} needs a value.`);
    }
    values.set(token.name, token.value);
  }
  const output = values.get('output');
  if (output === undefined) throw new UsageError('Flag --output is missing: the folder to write to.');
  return {
    output,
    platforms: parsePlatforms(values.get('platform') ?? PLATFORMS.join(',')),
    base: values.get('base') ?? null,
    push: parseName(values.get('push') ?? null),
  };
}

function parsePlatforms(list: string): readonly Platform[] {
  const asked = new Set(list.split(','));
  const unknown = [...asked].filter((name) => !(PLATFORMS as readonly string[]).includes(name));
  if (unknown.length > 0) {
    const there = PLATFORMS.join(' and ');
    throw new UsageError(`Flag --platform names "${unknown.join('", "')}"; there are ${there}.`);
  }
  // In a fixed order: the index's digest depends on it.
  return PLATFORMS.filter((name) => asked.has(name));
}

function parseName(name: string | null): string | null {
  if (name === null) return null;
  const isName = /^[\w.-]+(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+$/.test(name);
  if (!isName) throw new UsageError(`Flag --push takes REGISTRY/NAME without a tag, found "${name}".`);
  return name;
}
