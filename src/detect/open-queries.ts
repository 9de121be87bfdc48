import type { ImageFacts, ImageVariant } from '../image/image-facts.ts';
import { hasRootFileSystem } from '../image/manifest.ts';
import { isImageConfig } from '../image/media-types.ts';
import { isWasmPlatform } from '../image/platform.ts';
import { VARIANT_ANNOTATION } from '../pod/names.ts';
import { judgeVariant } from './detect-wasm.ts';
import {
  effectiveCommand,
  namesWatFile,
  type CommandOverride,
  type EffectiveCommand,
  type Subject,
} from './effective-command.ts';
import {
  contentOf,
  folderQuery,
  HOST_QUERIES,
  layerQuery,
  programQuery,
  siblingQuery,
  startsByHost,
  type LayerQuery,
} from './layer-queries.ts';
import type { Verdict } from './verdict.ts';
import { wasmLayerOf } from './wasm-artifact-signals.ts';

/**
 * The images whose layers are worth reading. `sign`: manifest, config or command hint that the image is not what it seems, or
 * leave its shape open · `small`: also without a hint, if the image is so small that it costs little · `any`: also without a
 * hint, because the Pod would be denied. An ordinary image may still start a Wasm file.
 */
export type PeekScope = 'sign' | 'small' | 'any';

interface Judged {
  readonly subject: Subject;
  readonly verdict: Verdict;
}

const NONE: readonly LayerQuery[] = [];

function artifactQueries({ subject, verdict }: Judged): readonly LayerQuery[] {
  const layer = wasmLayerOf(subject.variant.manifest);
  if (verdict.kind !== 'wasm' || layer === undefined) return NONE;
  // What a component imports is in its config.
  return verdict.shape === null || verdict.shape === 'module' ? [layerQuery(layer)] : NONE;
}

function isLabeled({ variant }: Subject): boolean {
  return (
    variant.manifest.annotations.has(VARIANT_ANNOTATION) || variant.config.labels.has(VARIANT_ANNOTATION)
  );
}

/** Reports whether the started file may change the verdict: an ordinary image needs a reason. */
function mayBeWasm({ subject, verdict }: Judged, scope: PeekScope): boolean {
  return verdict.kind === 'wasm' || scope !== 'sign' || isLabeled(subject);
}

/** Excludes names that only the node expands, and WebAssembly text, whose bytes say no more than its name. */
function isReadable({ first, isOpen }: EffectiveCommand): boolean {
  return first !== null && !isOpen && !namesWatFile(first);
}

function fileQueries(judged: Judged, scope: PeekScope): readonly LayerQuery[] {
  const { variant, command } = judged.subject;
  const { platform } = variant.config;
  if (
    !hasRootFileSystem(variant.manifest) ||
    (platform.os !== 'linux' && !isWasmPlatform(platform)) ||
    platform.os === 'js'
  )
    return NONE;
  if (startsByHost(command.first)) return HOST_QUERIES;
  const program = programQuery(judged.subject);
  if (program === null || !isReadable(command) || !mayBeWasm(judged, scope)) return NONE;
  const folder = folderQuery(judged.subject);
  if ([program, folder].every((query) => query === null || contentOf(variant, query) !== undefined))
    return NONE;
  const sibling = siblingQuery(judged.subject);
  const places = [sibling, folder].filter((query) => query !== null);
  // The entrypoint may name a file of a Spin application. To count as a module, it must not lie beside a Spin manifest.
  return [program, ...places, ...HOST_QUERIES];
}

const SMALL_IMAGE = {
  /** Most Wasm images have one or two layers; images on a distribution's base layers have more. */
  layers: 3,
  /** Bytes of all layers together: enough for a Wasm program and its files. */
  bytes: 8 * 1024 * 1024,
} as const;

/** Reports whether the image is so small that it may be a Wasm program under an ordinary name. */
export function isSmallImage({ variants }: ImageFacts): boolean {
  return variants.every(({ manifest: { layers } }) => {
    if (layers.length > SMALL_IMAGE.layers) return false;
    return layers.reduce((sum, { size }) => sum + size, 0) <= SMALL_IMAGE.bytes;
  });
}

function openQueriesOf(
  variant: ImageVariant,
  override: CommandOverride,
  scope: PeekScope,
): readonly LayerQuery[] {
  const subject: Subject = { variant, command: effectiveCommand(override, variant.config) };
  const judged = { subject, verdict: judgeVariant(subject) };
  const isArtifact =
    !isImageConfig(variant.manifest.config.mediaType) || wasmLayerOf(variant.manifest) !== undefined;
  const queries = isArtifact ? artifactQueries(judged) : fileQueries(judged, scope);
  const isSettled = queries.every(({ key }) => variant.contents.has(key));
  return isSettled ? NONE : queries;
}

/** Returns what to find in the layers of each variant; null if nothing is open in any of them. */
export function openQueries(
  facts: ImageFacts,
  override: CommandOverride,
  scope: PeekScope,
): readonly (readonly LayerQuery[])[] | null {
  const queries = facts.variants.map((variant) => openQueriesOf(variant, override, scope));
  return queries.every(({ length }) => length === 0) ? null : queries;
}
