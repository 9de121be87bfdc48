import type { ImageFacts, ImageVariant } from '../image/image-facts.ts';
import { formatPlatform } from '../image/platform.ts';
import { artifactSignals, otherArtifactSignal } from './artifact-signals.ts';
import { effectiveCommand, type CommandOverride, type Subject } from './effective-command.ts';
import { imageSignals } from './image-signals.ts';
import { unsupported, type Signal } from './signal.ts';
import type { Verdict, WasmVerdict } from './verdict.ts';
import { wasmArtifactSignals } from './wasm-artifact-signals.ts';

/**
 * The table of known signs; the first signal that returns a verdict decides. Media types come before platforms: the tool that
 * made the image writes them, while platforms are often copied from a flag.
 */
export const SIGNALS: readonly Signal[] = [
  ...artifactSignals,
  ...wasmArtifactSignals,
  otherArtifactSignal,
  ...imageSignals,
];

export function judgeVariant(subject: Subject): Verdict {
  for (const signal of SIGNALS) {
    const verdict = signal.judge(subject);
    if (verdict !== null) return verdict;
  }
  return unsupported('no known sign applies to it', []);
}

/** Reports whether both mean the same to the policy, so that it does not matter which of them a node pulls. */
function agree(left: Verdict, right: Verdict): boolean {
  if (left.kind !== 'wasm' || right.kind !== 'wasm') return left.kind === right.kind;
  return (
    left.flavour === right.flavour && left.shape === right.shape && left.firstArgument === right.firstArgument
  );
}

/**
 * Adds what an index changes. No node pulls an index of Wasm platforms alone. Shims look for Wasm layers only in a manifest
 * that the reference itself names (runwasi containerd-shim-wasm src/containerd/client.rs; tried).
 */
function withIndex(verdict: WasmVerdict, { digest, variants, pull }: ImageFacts): WasmVerdict {
  if (!pull.ok && pull.cause === 'no-platform')
    return verdict.flavour === 'wasi-image' ? { ...verdict, flavour: 'wasi-index' } : verdict;
  const isIndex = variants[0].digest !== digest;
  return isIndex && verdict.packaging === 'oci-layer' ? { ...verdict, isBehindIndex: true } : verdict;
}

/**
 * Returns what the image is, as a container with this command would run it. An index that no node can pull still shows what it
 * holds. If nodes would pull children with different verdicts, the image is unknown.
 */
export function detectWasm(facts: ImageFacts, override: CommandOverride = {}): Verdict {
  const judge = (variant: ImageVariant): Verdict =>
    judgeVariant({ variant, command: effectiveCommand(override, variant.config) });
  const [first, ...others] = facts.variants;
  const verdict = judge(first);
  const differing = others.find((other) => !agree(verdict, judge(other)));
  if (differing !== undefined) {
    const names = [first, differing].map((variant) => formatPlatform(variant.config.platform)).join(' and ');
    return unsupported(
      `the index holds different kinds of image for ${names}, and the cluster has nodes for both`,
      verdict.evidence,
    );
  }
  return verdict.kind === 'wasm' ? withIndex(verdict, facts) : verdict;
}
