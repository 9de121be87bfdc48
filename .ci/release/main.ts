import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { must, run } from '../../test/support/lib/processes.ts';
import { buildImages, ownPlatform, tagOf } from './build-images.ts';
import { changesOf } from './changelog.ts';
import { joinImages, type LayoutImage, readImage } from './oci-layout.ts';
import { HELP, parseOptions, UsageError } from './options.ts';
import { describeImage, type NpmBom, withoutDevelopment } from './sbom.ts';
import { measureStart } from './start-time.ts';
import { findOtherVersions } from './versions.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CHART = join(ROOT, 'manifests', 'chart');
const { version } = packageJson;

/** `npm run release -- --output FOLDER`; see HELP. */
async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  if (options === null) return void process.stdout.write(HELP);
  const output = resolve(options.output);
  await checkTools(['git']);
  await checkSources();
  await checkEmpty(output);
  await checkTools(['npm', 'tar', 'buildah', ...(options.push === null ? [] : ['skopeo'])]);
  const commit = await readCommit();
  console.log(`wasmgate ${version}, commit ${commit.revision.slice(0, 12)} of ${commit.created}`);

  const layout = join(output, 'image');
  await mkdir(output, { recursive: true });
  const labels = labelsOf(commit);
  await buildImages({ ...options, ...commit, labels, layout, progress: (line) => console.log(`${line} …`) });
  const images: LayoutImage[] = [];
  for (const platform of options.platforms) images.push(await readImage(layout, tagOf(platform), platform));
  const index = await joinImages(layout, images, { tag: version, annotations: labels });
  const bom = await readBom();
  for (const image of images) await finishImage(image, { bom, output, commit });
  await packageChart(output, commit);
  console.log(`Wrote ${layout}, tag ${version}: ${index}`);
  if (options.push !== null) await pushImage(`oci:${layout}:${version}`, `${options.push}:${version}`);
}

async function checkTools(tools: readonly string[]): Promise<void> {
  for (const tool of tools) {
    if (!(await isThere(tool))) {
      throw new Error(`there is no ${tool}: install it (Debian: apt-get install ${tool})`);
    }
  }
}

async function isThere(tool: string): Promise<boolean> {
  return await run(tool, ['--version']).then(
    () => true,
    () => false,
  );
}

/** Rejects what no release may be made of: changes without a commit, a version that is not the same everywhere. */
async function checkSources(): Promise<void> {
  const changed = (await must('git', ['status', '--porcelain'], { cwd: ROOT })).trimEnd();
  if (changed !== '') throw new Error(`the checkout has changes that are in no commit:\n${changed}`);
  const others = findOtherVersions(ROOT, version);
  if (others.length > 0) {
    throw new Error(`package.json has version ${version}, but other files differ:\n${others.join('\n')}`);
  }
  const changelog = readFileSync(join(ROOT, 'manifests', 'CHANGELOG.md'), 'utf8');
  if (changesOf(changelog, version) === null) {
    throw new Error(`manifests/CHANGELOG.md has no section "## [${version}]" that lists its changes`);
  }
}

async function checkEmpty(folder: string): Promise<void> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (files.length > 0) throw new Error(`the folder ${folder} is not empty`);
}

interface Commit {
  readonly revision: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly created: string;
}

async function readCommit(): Promise<Commit> {
  const [revision = '', seconds] = (await must('git', ['log', '-1', '--format=%H %ct'], { cwd: ROOT }))
    .trim()
    .split(' ');
  const timestamp = Number(seconds);
  return { revision, timestamp, created: new Date(timestamp * 1000).toISOString().replace('.000', '') };
}

const SOURCE = packageJson.repository.url.replace(/^git\+|\.git$/g, '');

function labelsOf({ revision, created }: Commit): Readonly<Record<string, string>> {
  const labels = {
    title: packageJson.name,
    description: packageJson.description,
    version,
    revision,
    created,
    source: SOURCE,
    documentation: `${SOURCE}/blob/${revision}/manifests/README.md`,
    licenses: packageJson.license,
  };
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [`org.opencontainers.image.${key}`, value]),
  );
}

async function readBom(): Promise<NpmBom> {
  const flags = ['--sbom-format', 'cyclonedx', '--package-lock-only'];
  const bom = JSON.parse(await must('npm', ['sbom', ...flags], { cwd: ROOT })) as NpmBom;
  return withoutDevelopment(bom, JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
}

interface Release {
  readonly bom: NpmBom;
  readonly output: string;
  readonly commit: Commit;
}

/** Writes the image's SBOM, and prints its size and, if this machine can run it, its start time. */
async function finishImage(image: LayoutImage, { bom, output, commit }: Release): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'wasmgate-root-'));
  try {
    await chmod(root, 0o755);
    for (const layer of image.layers) await must('tar', ['--extract', '--file', layer, '--directory', root]);
    const { created } = commit;
    const sbom = describeImage(bom, { name: 'ghcr.io/wasmgate/wasmgate', version, created, image, root });
    const file = `wasmgate-${version}-${tagOf(image.platform)}.cdx.json`;
    await writeFile(join(output, file), `${JSON.stringify(sbom, null, 2)}\n`);
    const own = ownPlatform();
    const start =
      own === image.platform
        ? `prints its version after ${Math.round(await measureStart(root))} ms`
        : `not run: this is ${own}`;
    console.log(
      `${image.platform}  ${mebibytes(image.compressed)} compressed, ${mebibytes(image.uncompressed)} unpacked, ${start}`,
    );
    console.log(`  ${image.digest}\n  SBOM ${file}`);
  } finally {
    await rm(root, { recursive: true });
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

async function packageChart(output: string, { timestamp }: Commit): Promise<void> {
  if (!(await isThere('helm'))) return console.log('Chart not packaged: there is no helm');
  // The time of every file in the package.
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(timestamp) };
  await must('helm', ['package', CHART, '--destination', output], { env });
  console.log(`Chart wasmgate-${version}.tgz`);
}

async function pushImage(from: string, to: string): Promise<void> {
  await must('skopeo', ['copy', '--all', '--preserve-digests', '--quiet', from, `docker://${to}`]);
  console.log(`Pushed ${to}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  const { message } = error as Error;
  console.error(isUsage ? `${message} See: npm run release -- --help` : `Cannot release: ${message}`);
  process.exitCode = isUsage ? 2 : 1;
}
