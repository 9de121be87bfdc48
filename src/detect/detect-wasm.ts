import type { ImageFacts, ImageVariant } from '../image/image-facts.ts';
import { formatPlatform } from '../image/platform.ts';
import { effectiveCommand, type CommandOverride } from './effective-command.ts';
import { unsupported, type Subject } from './signal.ts';
import { signals } from './signals.ts';
import type { Verdict } from './verdict.ts';

function judgeVariant(variant: ImageVariant, override: CommandOverride): Verdict {
  const subject: Subject = { variant, command: effectiveCommand(override, variant.config) };
  for (const signal of signals) {
    const verdict = signal.judge(subject);
    if (verdict !== null) return verdict;
  }
  return unsupported('no known sign applies to it', []);
}

/** Same answer for the policy: then it does not matter which of the two a node takes. */
function agree(left: Verdict, right: Verdict): boolean {
  if (left.kind !== 'wasm' || right.kind !== 'wasm') return left.kind === right.kind;
  return (
    left.flavour === right.flavour && left.shape === right.shape && left.firstArgument === right.firstArgument
  );
}

/**
 * What the image is, as a container with this command would run it. An index that no node can pull still says what it
 * holds; nodes whose children differ in verdict leave it unknown.
 */
export function detectWasm(facts: ImageFacts, override: CommandOverride = {}): Verdict {
  const [first, ...others] = facts.variants;
  const verdict = judgeVariant(first, override);
  const differing = others.find((other) => !agree(verdict, judgeVariant(other, override)));
  if (differing !== undefined) {
    const names = [first, differing].map((variant) => formatPlatform(variant.config.platform)).join(' and ');
    return unsupported(
      `the index holds different kinds of image for ${names}, and the cluster has nodes for both`,
      verdict.evidence,
    );
  }
  const isUnpullable = !facts.pull.ok && facts.pull.cause === 'no-platform';
  return isUnpullable && verdict.kind === 'wasm' && verdict.flavour === 'wasi-image'
    ? { ...verdict, flavour: 'wasi-index' }
    : verdict;
}
