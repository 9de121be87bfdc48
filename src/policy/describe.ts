import type { Verdict } from '../detect/verdict.ts';
import type { RuntimeClass } from '../pod/cluster-objects.ts';
import type { AssessedContainer } from './facts.ts';

const FLAVOURS: Readonly<Record<string, string>> = {
  'wasi-image': 'a Wasm image for a WASI platform',
  'wasi-index': 'an index with nothing but Wasm platforms',
  'annotated-image': 'a Wasm file in a Linux image',
  'wasm-entrypoint': 'a Wasm file in a Linux image',
  'oci-module': 'a Wasm artefact (CNCF layout)',
  'oci-component': 'a Wasm component (CNCF layout)',
  'spin-app': 'a Spin application',
  'spin-rootfs': 'a Wasm application without an entrypoint (Spin or slight)',
  'slight-app': 'a slight application',
  'wasm-to-oci': 'a Wasm module (wasm-to-oci layout)',
  'runwasi-oci': 'a Wasm layer image (runwasi layout)',
};

/** What an image is, in words: the same in every message. */
export function describeVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'wasm':
      if (verdict.flavour === 'spin-rootfs' && verdict.shape !== null)
        return 'a Spin application in a file system';
      return FLAVOURS[verdict.flavour] ?? `a Wasm image (${verdict.flavour})`;
    case 'container':
      return 'an ordinary container image';
    case 'not-a-workload':
      return verdict.what;
    case 'unknown':
      return `not known (${verdict.reason})`;
  }
}

/** `container "app" (image ghcr.io/x/y:1, a Spin application)` */
export function describeContainer({ container, image, verdict }: AssessedContainer): string {
  return `container "${container.name}" (image ${image}, ${describeVerdict(verdict)})`;
}

/** `registry/repository` as the Pod writes it, without tag and digest. */
export function repositoryOf(image: string): string {
  const named = image.split('@', 1)[0] ?? image;
  const colon = named.lastIndexOf(':');
  return colon > named.lastIndexOf('/') ? named.slice(0, colon) : named;
}

/** What to name so that a shim finds the Wasm layer; null where that is not what is in the way. */
export function insteadOfIndex({ image, verdict, facts }: AssessedContainer): string | null {
  if (verdict.kind !== 'wasm' || verdict.isBehindIndex !== true || facts === null) return null;
  return `Name ${repositoryOf(image)}@${facts.variants[0].digest}, the manifest behind the index, instead.`;
}

/** What to name so that nodes take the entry for Wasm; null where the index has none, or it is no index. */
export function insteadOfLinuxEntry({ image, verdict, facts }: AssessedContainer): string | null {
  if (verdict.kind !== 'container' || facts?.wasmEntry === undefined) return null;
  return `Name ${repositoryOf(image)}@${facts.wasmEntry}, the entry for Wasm in its index, instead.`;
}

/** `RuntimeClass "wasmtime-spin-v2" (handler spin)`, or without the handler if it has the same name. */
export function describeClass(runtimeClass: RuntimeClass | null): string {
  if (runtimeClass === null) return "the nodes' default runtime";
  const { name, handler } = runtimeClass;
  return name === handler ? `RuntimeClass "${name}"` : `RuntimeClass "${name}" (handler ${handler})`;
}

/** `"a", "b" or "c"` */
export function listNames(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  const last = quoted.at(-1) ?? '';
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(', ')} or ${last}`;
}
