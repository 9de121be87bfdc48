import type {
  ArtifactFlavour,
  Flavour,
  Shape,
  UnknownReason,
  Verdict,
  WasmFlavour,
} from '../detect/verdict.ts';
import type { RuntimeClass } from '../pod/cluster-objects.ts';
import type { Finding } from './decision.ts';
import type { AssessedContainer } from './facts.ts';

const FLAVOURS: Readonly<Record<WasmFlavour, string>> = {
  'wasi-image': 'a Wasm image for a WASI platform',
  'wasi-index': 'an index of Wasm platforms only',
  'annotated-image': 'a Wasm file in a Linux image',
  'wasm-entrypoint': 'a Wasm file in a Linux image',
  'oci-module': 'a Wasm artifact (CNCF layout)',
  'oci-component': 'a Wasm component (CNCF layout)',
  'spin-app': 'a Spin application',
  'spin-rootfs': 'a Spin or slight application in a file system',
  'slight-app': 'a slight application',
  'wasm-to-oci': 'a Wasm module (wasm-to-oci layout)',
  'runwasi-oci': 'a Wasm layer image (runwasi layout)',
};

/** Describes what an image is, in the same words in every message. */
export function describeVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'wasm':
      if (verdict.flavour === 'spin-rootfs' && verdict.shape !== null)
        return 'a Spin application in a file system';
      return FLAVOURS[verdict.flavour];
    case 'container':
      return 'an ordinary container image';
    case 'not-a-workload':
      return verdict.what;
    case 'unknown':
      return `unknown (${verdict.reason})`;
  }
}

const ARTIFACTS: Readonly<Record<Exclude<ArtifactFlavour, WasmFlavour>, string>> = {
  'wit-package': 'a WIT package',
  'spin-v1': 'a Spin application in the format of Spin 1',
  wasmcloud: 'a wasmCloud actor or provider',
  'proxy-wasm': 'a proxy-wasm plugin',
  'kubewarden-policy': 'a Kubewarden policy',
};

const WORDS: Readonly<Record<Flavour, string>> = { ...FLAVOURS, ...ARTIFACTS };

/** What a report keeps of a verdict. */
interface VerdictSummary {
  readonly kind: Verdict['kind'];
  readonly flavour: Flavour | null;
  readonly shape: Shape | null;
  readonly reason: UnknownReason | null;
}

/** Describes what an image is, as far as a report says. */
export function describeSummary({ kind, flavour, shape, reason }: VerdictSummary): string {
  if (kind === 'container') return 'an ordinary container image';
  if (kind === 'unknown') return `unknown (${reason ?? 'no reason'})`;
  if (flavour === null) return 'an artifact that is not a workload';
  const words = WORDS[flavour];
  return shape === null || words.includes(shape) ? words : `${words}, ${shape}`;
}

/** `container "app" (image ghcr.io/x/y:1)` */
export function describeContainer({ container, image }: AssessedContainer): string {
  return `container "${container.name}" (image ${image})`;
}

/** `container "app"`, for long messages and those whose advice names the image. */
export function describeName({ container }: AssessedContainer): string {
  return `container "${container.name}"`;
}

/** `container "app" (image ghcr.io/x/y:1) is a Spin application` */
export function describeImage(assessed: AssessedContainer): string {
  return `${describeContainer(assessed)} is ${describeVerdict(assessed.verdict)}`;
}

/** Returns `registry/repository` as the Pod writes it, without tag and digest. */
export function repositoryOf(image: string): string {
  const named = image.split('@', 1)[0] ?? image;
  const colon = named.lastIndexOf(':');
  return colon > named.lastIndexOf('/') ? named.slice(0, colon) : named;
}

/** Advises naming the manifest behind an index, so that a shim finds the Wasm layer; null if that is not the problem. */
export function insteadOfIndex({ image, verdict, facts }: AssessedContainer): string | null {
  if (verdict.kind !== 'wasm' || verdict.isBehindIndex !== true || facts === null) return null;
  return `Set image to "${repositoryOf(image)}@${facts.variants[0].digest}".`;
}

/** Advises naming the Wasm entry of an index, so that nodes do not pull its Linux entry; null if there is none. */
export function insteadOfLinuxEntry({ image, verdict, facts }: AssessedContainer): string | null {
  if (verdict.kind !== 'container' || facts?.wasmEntry === undefined) return null;
  return `Set image to "${repositoryOf(image)}@${facts.wasmEntry}".`;
}

/** Describes a container that starts a file missing in its image; null if the file exists or the layers were not read. */
export function describeMissingProgram(
  assessed: AssessedContainer,
): (Pick<Finding, 'detail'> & { readonly advice: string }) | null {
  const { verdict, facts, container } = assessed;
  if (verdict.kind !== 'wasm' && verdict.kind !== 'container') return null;
  if (verdict.program !== 'absent') return null;
  const detail = `${describeContainer(assessed)} starts ${verdict.firstArgument ?? ''}, which is in no layer of the image and in no volume`;
  const own = facts?.variants[0].config.entrypoint?.[0];
  const isNamed = (container.command?.length ?? 0) > 0;
  return own !== undefined && isNamed
    ? { detail, advice: `Set command to a file of the image, or remove it: the image starts ${own}.` }
    : { detail, advice: 'Set command to a file of the image, or add the file to the image.' };
}

/** `RuntimeClass "wasmtime-spin-v2" (handler spin)`, or without the handler if it has the same name. */
export function describeClass(runtimeClass: RuntimeClass | null): string {
  if (runtimeClass === null) return "the nodes' default runtime";
  const { name, handler } = runtimeClass;
  return name === handler ? `RuntimeClass "${name}"` : `RuntimeClass "${name}" (handler ${handler})`;
}

/** Names in one list, best first: a warning must stay short. */
const MAX_LISTED = 3;

/** `"a", "b" or "c"` */
export function listNames(names: readonly string[]): string {
  const quoted = names.slice(0, MAX_LISTED).map((name) => `"${name}"`);
  const last = quoted.at(-1) ?? '';
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(', ')} or ${last}`;
}
