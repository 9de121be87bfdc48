import type { ContainerVerdict } from '../detect/verdict.ts';
import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../pod/names.ts';
import { isStartable } from './choose/candidates.ts';
import { compatAnnotation } from './compat-annotation.ts';
import type { PolicyContext } from './context.ts';
import { isWasmContainer, type AssessedContainer, type WasmContainer } from './facts.ts';
import type { Consequence } from './finding-catalog.ts';
import { canRun, isPassedOver, isSuffixUnknown } from './handlers/can-run.ts';
import type { HandlerProfile } from './handlers/handler-profiles.ts';
import { missingFunction, missingPlace } from './handlers/runtime-gaps.ts';
import { startsText } from './starts-text.ts';

/** Why a class may not run a container. */
export interface Doubt {
  /** Follows "may not run under …:". */
  readonly why: string;
  /** Absent where another class is what helps. */
  readonly advice?: string;
  /** Where it differs from the catalog's. */
  readonly consequence?: Consequence;
}

/** As certain as no-runtime-class-for-image, which denies such a Pod if it names no class: measured on shims and on crun. */
function doubtOnStart(
  { pod }: PolicyContext,
  profile: HandlerProfile,
  assessed: WasmContainer,
): Doubt | null {
  const { verdict } = assessed;
  if (profile.engine === 'linux' || isStartable(assessed)) return null;
  // crun goes by the name, of which another rule speaks.
  if (isPassedOver(profile, verdict) && compatAnnotation(pod, profile) === null) return null;
  return {
    why: `nothing shows that ${verdict.firstArgument ?? 'what it starts'} is a Wasm file`,
    advice: "Name the module in the container's command, as the image holds it, such as /app.wasm.",
    consequence: 'cannot-start',
  };
}

/** crun's smart annotations go by the name alone: the Pod's own, or the one that wasmgate adds for the sake of other containers. */
function isTakenForWasm(
  { pod, wasmContainers, settings }: PolicyContext,
  { needsAnnotation }: HandlerProfile,
  { claimsWasm, firstArgument }: ContainerVerdict,
): boolean {
  if (!needsAnnotation || claimsWasm !== true || firstArgument?.endsWith('.wasm') !== true) return false;
  const { [HANDLER_ANNOTATION]: handler, [VARIANT_ANNOTATION]: variant } = pod.metadata?.annotations ?? {};
  if (handler !== undefined) return handler === 'wasm-smart';
  if (variant !== undefined) return variant === 'compat-smart';
  return wasmContainers.length > 0 && settings.variantAnnotation !== 'never';
}

/** An image that is not known may be a Linux program, as most sidecars are. */
function doubtOnUnknown({ pod, wasmContainers }: PolicyContext, profile: HandlerProfile): Doubt | null {
  if (wasmContainers.length === 0) return null;
  const { runs, why } = canRun(profile, { kind: 'container', evidence: [] });
  const compat = compatAnnotation(pod, profile);
  if (runs === 'yes' && compat === null) return null;
  const how = compat === null ? `${profile.title} ${why}` : `annotation ${compat.written} gives it to Wasm`;
  return { why: `if it is a Linux program, ${how}` };
}

function doubtOnWasm(context: PolicyContext, profile: HandlerProfile, assessed: WasmContainer): Doubt | null {
  const { pod, resolved } = context;
  const { verdict } = assessed;
  if (resolved.class === null && profile.engine === 'linux')
    return {
      why: "CRI-O's platform_runtime_paths or allowed_annotations must name a Wasm runtime",
    };
  // With compat crun does not look at the suffix.
  if (isSuffixUnknown(profile, verdict) && compatAnnotation(pod, profile) !== null) return null;
  const { runs, why } = canRun(profile, verdict);
  if (runs === 'no') return null;
  const onStart = doubtOnStart(context, profile, assessed);
  if (onStart !== null) return onStart;
  if (runs === 'unknown' && !isPassedOver(profile, verdict)) return { why: `${profile.title} ${why}` };
  const missing = missingPlace(profile, verdict) ?? missingFunction(profile, verdict);
  return missing === null ? null : { why: `${profile.title} ${missing}` };
}

/** Returns what speaks against it; null where it is certain, or a rule of its own tells more of it. */
export function doubtOn(context: PolicyContext, assessed: AssessedContainer): Doubt | null {
  const { class: runtimeClass, profile } = context.resolved;
  if (startsText(assessed)) return null;
  if (profile === null)
    return isWasmContainer(assessed) && runtimeClass !== null
      ? { why: 'wasmgate does not know this handler' }
      : null;
  if (isWasmContainer(assessed)) return doubtOnWasm(context, profile, assessed);
  if (assessed.verdict.kind === 'unknown') return doubtOnUnknown(context, profile);
  if (assessed.verdict.kind !== 'container') return null;
  if (isTakenForWasm(context, profile, assessed.verdict))
    return {
      why: `${profile.title} gives what ends in .wasm to its Wasm engine, and this is a Linux program`,
      advice: 'Start the program by a name that does not end in .wasm.',
    };
  const { runs, why } = canRun(profile, assessed.verdict);
  return runs === 'unknown' ? { why: `${profile.title} ${why}` } : null;
}
