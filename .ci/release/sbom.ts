import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayoutImage } from './oci-layout.ts';

/** A component of CycloneDX, as far as this file writes it. */
interface Component {
  readonly type: string;
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
}

/** What `npm sbom --sbom-format cyclonedx` prints, as far as this file reads it. */
export interface NpmBom {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** What package-lock.json says of a package, as far as this file reads it. */
interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

/**
 * Leaves the packages out that only development needs. `npm sbom --omit dev` also leaves out those of them that a development
 * dependency names as an optional peer.
 */
export function withoutDevelopment(
  bom: NpmBom,
  lock: { readonly packages: Readonly<Record<string, LockedPackage>> },
): NpmBom {
  const kept = new Set([bom.metadata.component['bom-ref']]);
  for (const [path, { version, dev, devOptional }] of Object.entries(lock.packages)) {
    if (dev !== true && devOptional !== true) kept.add(`${path.replace(/^.*node_modules\//, '')}@${version}`);
  }
  return {
    ...bom,
    components: bom.components.filter((component) => kept.has(component['bom-ref'])),
    dependencies: bom.dependencies
      .filter(({ ref }) => kept.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) })),
  };
}

/** What the SBOM is about. */
export interface SbomSubject {
  /** The image's name, without a tag. */
  readonly name: string;
  readonly version: string;
  readonly created: string;
  readonly image: LayoutImage;
  /** The image's root file system. */
  readonly root: string;
}

/**
 * Describes an image as a CycloneDX document: npm's packages, Node and Debian's packages. Nothing in it depends on when or where
 * it is written.
 */
export function describeImage(npm: NpmBom, subject: SbomSubject): object {
  const { name, version, created, image, root } = subject;
  const system = [...readSystem(root), readNode(root)];
  const own = {
    type: 'container',
    'bom-ref': `${name}@${image.digest}`,
    name,
    version,
    purl: purlOf(`pkg:oci/wasmgate@${encodeURIComponent(image.digest)}`, {
      arch: image.platform.split('/')[1] ?? '',
      repository_url: name,
      tag: version,
    }),
  };
  // npm takes this name from the folder of the checkout.
  const program = { ...npm.metadata.component, type: 'application', name: 'wasmgate' };
  return {
    ...npm,
    serialNumber: serialOf(image.digest),
    metadata: { ...npm.metadata, timestamp: created, lifecycles: [{ phase: 'build' }], component: own },
    components: [program, ...npm.components, ...system],
    dependencies: [
      { ref: own['bom-ref'], dependsOn: [program, ...system].map((component) => component['bom-ref']) },
      ...npm.dependencies,
    ],
  };
}

/** A UUID of version 8, whose bits are free to choose, made of the image's digest. */
function serialOf(digest: string): string {
  const hex = createHash('sha256').update(digest).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}

function purlOf(path: string, qualifiers: Readonly<Record<string, string>>): string {
  const query = Object.entries(qualifiers).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `${path}?${query.join('&')}`;
}

/** The text that Node's binary holds as the name of its own release. */
const NODE_RELEASE = /node\.js\/v(\d+\.\d+\.\d+)/;

function readNode(root: string): Component {
  const binary = readFileSync(join(root, 'usr/local/bin/node'));
  const at = binary.indexOf('node.js/v');
  const [, version] = NODE_RELEASE.exec(binary.toString('latin1', at, at + 40)) ?? [];
  if (version === undefined) throw new Error('the image has a Node whose version its binary does not hold');
  return {
    type: 'application',
    'bom-ref': `node@${version}`,
    name: 'node',
    version,
    purl: `pkg:generic/node@${version}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    licenses: [{ license: { id: 'MIT' } }],
  } as Component;
}

/** The distribution and those of its packages whose files the image holds. */
function readSystem(root: string): readonly Component[] {
  const folder = join(root, 'var/lib/dpkg/status.d');
  if (!existsSync(folder)) {
    throw new Error(
      'its base has no dpkg database that names the packages of its libraries: use a Debian base',
    );
  }
  const release = readFileSync(join(root, 'etc/os-release'), 'utf8');
  const [id = '', version = ''] = ['ID', 'VERSION_ID'].map((key) => fieldOf(release, key, '='));
  const packages = readdirSync(folder)
    .toSorted()
    .map((file) => packageOf(readFileSync(join(folder, file), 'utf8'), `${id}-${version}`, id));
  return [{ type: 'operating-system', 'bom-ref': `${id}@${version}`, name: id, version }, ...packages];
}

function packageOf(paragraph: string, distro: string, vendor: string): Component {
  const name = fieldOf(paragraph, 'Package');
  const version = fieldOf(paragraph, 'Version');
  // Debian's security notices name source packages.
  const upstream = fieldOf(paragraph, 'Source').replace(/ .*/, '');
  const purl = purlOf(`pkg:deb/${vendor}/${encodeURIComponent(name)}@${encodeURIComponent(version)}`, {
    arch: fieldOf(paragraph, 'Architecture'),
    distro,
    ...(upstream === '' ? {} : { upstream }),
  });
  return { type: 'library', 'bom-ref': `${name}@${version}`, name, version, purl };
}

function fieldOf(text: string, key: string, separator = ': '): string {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${key}${separator}`)) ?? '';
  return line.slice(key.length + separator.length).replaceAll('"', '');
}
