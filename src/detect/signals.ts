import { artifactSignals, otherArtifactSignal } from './artifact-signals.ts';
import { imageSignals } from './image-signals.ts';
import type { Signal } from './signal.ts';
import { wasmArtifactSignals } from './wasm-artifact-signals.ts';

/**
 * The table of known signs, one row each with its source; the first row that answers decides. Media types come before
 * platforms, since they are written by the tool that made the image and not copied from a flag.
 */
export const signals: readonly Signal[] = [
  ...artifactSignals,
  ...wasmArtifactSignals,
  otherArtifactSignal,
  ...imageSignals,
];
