/** A platform of the OCI image spec, in lower case (Spin's main branch writes `Wasip1`). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
}

const WASM_OS: ReadonlySet<string> = new Set(['wasi', 'wasip1', 'wasip2']);
const WASM_ARCHITECTURES: ReadonlySet<string> = new Set(['wasm', 'wasm32', 'wasm64']);

/** Other spellings of architectures, with the variant that each implies (containerd/platforms `normalizeArch`). */
const ARCHITECTURES: Readonly<Record<string, Pick<Platform, 'architecture'> & Partial<Platform>>> = {
  i386: { architecture: '386', variant: null },
  x86_64: { architecture: 'amd64' },
  'x86-64': { architecture: 'amd64' },
  aarch64: { architecture: 'arm64' },
  armhf: { architecture: 'arm', variant: 'v7' },
  armel: { architecture: 'arm', variant: 'v6' },
};

/** Other spellings of variants; `''` stands for a missing variant (`normalizeArch`). */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  amd64: { v1: null },
  arm64: { '8': null, v8: null },
  arm: { '': 'v7', '5': 'v5', '6': 'v6', '7': 'v7', '8': 'v8' },
};

function own<Value>(table: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Characters kept of each part: a registry's text of megabytes would fill every message about the image. */
const LONGEST_PART = 64;

function part(text: string): string {
  return text.slice(0, LONGEST_PART).toLowerCase();
}

/** Normalizes a platform as containerd does. An empty variant counts as none: some tools always write the field. */
export function normalizePlatform(os: string, architecture: string, variant: string | null = null): Platform {
  const written = part(architecture);
  const known = own(ARCHITECTURES, written) ?? { architecture: written };
  const lower = known.variant === undefined ? part(variant ?? '') : (known.variant ?? '');
  const renamed = own(own(VARIANTS, known.architecture), lower);
  return {
    os: part(os),
    architecture: known.architecture,
    variant: renamed === undefined ? lower || null : renamed,
  };
}

/** Reports whether only a Wasm runtime can run the platform: os wasi, wasip1, wasip2 or architecture wasm, wasm32, wasm64. */
export function isWasmPlatform(platform: Pick<Platform, 'os' | 'architecture'>): boolean {
  return WASM_OS.has(platform.os) || WASM_ARCHITECTURES.has(platform.architecture);
}

/** Reports whether the platform names an os other than Linux. If it names none, containerd assumes the node's. */
export function isForeignOs({ os }: Pick<Platform, 'os'>): boolean {
  return os !== '' && os !== 'linux';
}

/** Reports whether this is the platform of attestations: BuildKit marks them `unknown/unknown`. */
export function isUnknownPlatform(platform: Platform): boolean {
  return platform.os === 'unknown' || platform.architecture === 'unknown';
}

export function formatPlatform(platform: Platform): string {
  const base = `${platform.os === '' ? '?' : platform.os}/${platform.architecture === '' ? '?' : platform.architecture}`;
  return platform.variant === null ? base : `${base}/${platform.variant}`;
}

/** Architectures that a processor also runs, so that containerd pulls their images, too (`platformVector`). */
const ALSO_RUNS: Readonly<Record<string, string>> = { amd64: '386', arm64: 'arm' };

/** Reports whether a node may pull an index entry. Nodes do not report their variant, so any may fit. */
export function isPulledOn(entry: Platform, node: Pick<Platform, 'os' | 'architecture'>): boolean {
  if (entry.os !== node.os) return false;
  return entry.architecture === node.architecture || entry.architecture === own(ALSO_RUNS, node.architecture);
}

/** Parses `linux/arm64` or `linux/arm/v7`, as docker and crane do; null if invalid. No variant means any. */
export function parsePlatform(text: string): Platform | null {
  const match = /^([\w-]+)\/([\w-]+)(?:\/([\w.-]+))?$/.exec(text);
  if (match === null) return null;
  const [, os = '', architecture = '', variant = null] = match;
  const platform = normalizePlatform(os, architecture, variant);
  return variant === null && platform.architecture === architecture.toLowerCase()
    ? { ...platform, variant: null }
    : platform;
}
