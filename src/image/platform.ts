/** A platform as in the OCI image spec, in lower case (Spin's main branch writes `Wasip1`). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
}

const WASM_OS: ReadonlySet<string> = new Set(['wasi', 'wasip1', 'wasip2']);
const WASM_ARCHITECTURES: ReadonlySet<string> = new Set(['wasm', 'wasm32', 'wasm64']);

/** Kubernetes' and Go's spellings of what `uname` and people write (containerd/platforms `database.go`). */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
};

/** An empty variant is none: some tools write the field whether they have a value or not. */
export function normalisePlatform(os: string, architecture: string, variant: string | null = null): Platform {
  const lower = architecture.toLowerCase();
  const known = Object.hasOwn(ARCHITECTURES, lower) ? ARCHITECTURES[lower] : undefined;
  return { os: os.toLowerCase(), architecture: known ?? lower, variant: variant || null };
}

/** A platform that only a Wasm runtime can mean: os wasi, wasip1, wasip2, or architecture wasm, wasm32, wasm64. */
export function isWasmPlatform(platform: Pick<Platform, 'os' | 'architecture'>): boolean {
  return WASM_OS.has(platform.os) || WASM_ARCHITECTURES.has(platform.architecture);
}

/** An os that is named and is not that of the nodes; for one that is not named, containerd takes the node's own. */
export function isForeignOs({ os }: Pick<Platform, 'os'>): boolean {
  return os !== '' && os !== 'linux';
}

/** BuildKit marks attestations `unknown/unknown`; no node has that platform. */
export function isUnknownPlatform(platform: Platform): boolean {
  return platform.os === 'unknown' || platform.architecture === 'unknown';
}

export function formatPlatform(platform: Platform): string {
  const base = `${platform.os === '' ? '?' : platform.os}/${platform.architecture === '' ? '?' : platform.architecture}`;
  return platform.variant === null ? base : `${base}/${platform.variant}`;
}

/** `linux/arm64` or `linux/arm/v7`, as docker and crane take it; null where the text is none. */
export function parsePlatform(text: string): Platform | null {
  const match = /^([\w-]+)\/([\w-]+)(?:\/([\w.-]+))?$/.exec(text);
  return match === null ? null : normalisePlatform(match[1] ?? '', match[2] ?? '', match[3] ?? null);
}
