import type { ContainerVerdict } from '../detect/verdict.ts';
import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../pod/names.ts';
import type { PolicyContext } from './check.ts';
import { isStartable } from './choose/candidates.ts';
import { compatAnnotation } from './compat-annotation.ts';
import type { Finding } from './decision.ts';
import { describeClass } from './describe.ts';
import { isWasmContainer, startsText, type AssessedContainer, type WasmContainer } from './facts.ts';
import { canRun, hasWasmFile, isPassedOver, isSuffixUnknown } from './handlers/can-run.ts';
import type { HandlerProfile } from './handlers/handler-profiles.ts';
import { missingFunction, missingPlace } from './handlers/runtime-gaps.ts';

/**
 * Returns why a container of an existing Pod certainly cannot run under the Pod's class; null if it may, as an unknown image or one
 * that is no workload.
 */
export function whyCannotRun(
  { pod, resolved }: PolicyContext,
  { verdict }: AssessedContainer,
): string | null {
  const { class: runtimeClass, profile } = resolved;
  if (verdict.kind !== 'wasm' && verdict.kind !== 'container') return null;
  if (runtimeClass === null) {
    const isNamed = Boolean(pod.spec.runtimeClassName);
    return verdict.kind === 'container' || isNamed
      ? null
      : 'the Pod has no RuntimeClass and cannot get one later';
  }
  if (profile === null) return null;
  const { runs, why } = canRun(profile, verdict);
  if (runs === 'no') return `${describeClass(runtimeClass)} ${why}`;
  const compat = verdict.kind === 'container' ? compatAnnotation(pod, profile) : null;
  return compat === null ? null : `annotation ${compat.written} hands it to the Wasm engine`;
}

/** Why a class may not run a container. */
export interface Doubt extends Partial<Pick<Finding, 'consequence'>> {
  /** Follows "may not run: ". */
  readonly why: string;
  /** Absent if another class is the fix. */
  readonly advice?: string;
}

/** Doubts that the container starts: as certain as no-runtime-class-for-image for a Pod without a class (measured). */
function doubtAboutStart(
  { pod }: PolicyContext,
  profile: HandlerProfile,
  assessed: WasmContainer,
): Doubt | null {
  const { verdict } = assessed;
  if (profile.engine === 'linux' || hasWasmFile(verdict)) return null;
  const started = verdict.firstArgument ?? 'its entrypoint';
  if (verdict.program === 'hidden')
    return {
      why: `wasmgate, which reads the head of a layer, did not see whether ${started} is a Wasm file`,
      advice: 'If it is one, rename it so that it ends in .wasm.',
    };
  if (isStartable(assessed)) return null;
  // annotation-conflict covers names that crun does not take for Wasm.
  if (isPassedOver(profile, verdict) && compatAnnotation(pod, profile) === null) return null;
  return {
    why: `nothing shows that ${started} is a Wasm file`,
    advice: "Set command to the module's path in the image, such as /app.wasm.",
    consequence: 'cannot-start',
  };
}

/** Reports whether crun treats a Linux program as Wasm because of its name, under the Pod's smart annotation or wasmgate's. */
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

/** Doubts that an unknown image runs beside Wasm: it may be a Linux program, like most sidecars. */
function doubtAboutUnknown({ pod, wasmContainers }: PolicyContext, profile: HandlerProfile): Doubt | null {
  if (wasmContainers.length === 0) return null;
  const { runs, why } = canRun(profile, { kind: 'container', evidence: [] });
  const compat = compatAnnotation(pod, profile);
  if (runs === 'yes' && compat === null) return null;
  const how =
    compat === null ? `${profile.title} ${why}` : `annotation ${compat.written} hands it to the Wasm engine`;
  return { why: `if it is a Linux program, ${how}` };
}

function doubtAboutWasm(
  context: PolicyContext,
  profile: HandlerProfile,
  assessed: WasmContainer,
): Doubt | null {
  const { pod, resolved } = context;
  const { verdict } = assessed;
  if (resolved.class === null && profile.engine === 'linux')
    return { why: 'CRI-O must name a Wasm runtime in platform_runtime_paths or allowed_annotations' };
  // With compat, crun ignores the suffix.
  if (isSuffixUnknown(profile, verdict) && compatAnnotation(pod, profile) !== null) return null;
  const { runs, why } = canRun(profile, verdict);
  if (runs === 'no') return null;
  const doubt = doubtAboutStart(context, profile, assessed);
  if (doubt !== null) return doubt;
  if (runs === 'unknown' && !isPassedOver(profile, verdict)) return { why: `${profile.title} ${why}` };
  const missing = missingPlace(profile, verdict) ?? missingFunction(profile, verdict);
  return missing === null ? null : { why: `${profile.title} ${missing}` };
}

/** Returns why the class may not run a container; null if that is certain or another rule reports it. */
export function whyMayNotRun(context: PolicyContext, assessed: AssessedContainer): Doubt | null {
  const { class: runtimeClass, profile } = context.resolved;
  if (startsText(assessed)) return null;
  if (profile === null)
    return isWasmContainer(assessed) && runtimeClass !== null
      ? { why: 'wasmgate does not know this handler' }
      : null;
  if (isWasmContainer(assessed)) return doubtAboutWasm(context, profile, assessed);
  if (assessed.verdict.kind === 'unknown') return doubtAboutUnknown(context, profile);
  if (assessed.verdict.kind !== 'container') return null;
  if (isTakenForWasm(context, profile, assessed.verdict))
    return {
      why: `it is a Linux program, and ${profile.title} hands names that end in .wasm to its Wasm engine`,
      advice: 'Rename the program so that it does not end in .wasm.',
    };
  const { runs, why } = canRun(profile, assessed.verdict);
  return runs === 'unknown' ? { why: `${profile.title} ${why}` } : null;
}
