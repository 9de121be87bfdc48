import { namesWatFile } from '../../detect/effective-command.ts';
import { NO_FINDINGS, type Rule } from '../check.ts';
import { compatAnnotation } from '../compat-annotation.ts';
import type { PolicyContext, ResolvedClass } from '../context.ts';
import type { AdviceOnClasses } from '../decision.ts';
import { describeClass, describeContainer, listNames } from '../describe.ts';
import { isWasmContainer, type AssessedContainer } from '../facts.ts';
import { canRun, isPassedOver, isSuffixUnknown } from '../handlers/can-run.ts';
import { handlerTable } from '../handlers/handler-table.ts';
import { handlersFor } from '../handlers/handlers-for.ts';
import { lacksStart, missingFunction } from '../handlers/host-functions.ts';
import { isNotForWasm } from '../handlers/is-not-for-wasm.ts';
import { missingPlace } from '../handlers/missing-place.ts';
import { resembledProfile } from '../handlers/resembled-profile.ts';

function startsText({ verdict }: AssessedContainer): boolean {
  return verdict.kind === 'wasm' && verdict.firstArgument !== null && namesWatFile(verdict.firstArgument);
}

/** What speaks against it, following the class; null where it is certain, or a rule of its own tells more of it. */
function doubt({ pod, resolved }: PolicyContext, assessed: AssessedContainer): string | null {
  const { class: runtimeClass, profile } = resolved;
  const { verdict } = assessed;
  if (startsText(assessed)) return null;
  if (profile === null)
    return isWasmContainer(assessed) && runtimeClass !== null ? 'wasmgate does not know this handler' : null;
  if (verdict.kind !== 'wasm' && verdict.kind !== 'container') return null;
  if (runtimeClass === null && profile.engine === 'linux' && verdict.kind === 'wasm')
    return 'CRI-O hands it to a Wasm runtime only if its platform_runtime_paths or allowed_annotations say so';
  // With compat crun does not look at the suffix.
  if (isSuffixUnknown(profile, verdict) && compatAnnotation(pod, profile) !== null) return null;
  const { runs, why } = canRun(profile, verdict);
  if (runs === 'unknown' && !isPassedOver(profile, verdict)) return `${profile.title} ${why}`;
  const missing =
    runs === 'no' ? null : (missingPlace(profile, verdict) ?? missingFunction(profile, verdict));
  return missing === null ? null : `${profile.title} ${missing}`;
}

/** The profile whose newer release may bear an old name, or which any handler that runs the image has. */
function likeness(
  { class: runtimeClass, profile }: ResolvedClass,
  capable: readonly string[],
): string | null {
  if (profile === null && isNotForWasm(runtimeClass?.handler ?? '')) return null;
  if (profile?.release) return profile.name;
  return profile === null || profile.engine === 'any-shim' ? (capable[0] ?? null) : null;
}

const WITHOUT_START =
  'Build it as a command, or name a function that it exports behind its file: command: ["/app.wasm#NAME"].';
const WITHOUT_PLACE = 'Name the file by its whole path, and set workingDir to a directory of the image.';

/** Whether a handler, or the handler of a class with this name, offers what the module imports. */
function createOffersAll({ settings, cluster }: PolicyContext, { verdict }: AssessedContainer) {
  const { profileOf } = handlerTable(settings);
  return (name: string): boolean => {
    const profile = profileOf(cluster.runtimeClass(name)?.handler ?? name);
    return profile === null || missingFunction(profile, verdict) === null;
  };
}

function adviceFor(context: PolicyContext, assessed: AssessedContainer): string | AdviceOnClasses {
  const { resolved } = context;
  if (resolved.profile !== null && missingPlace(resolved.profile, assessed.verdict) !== null)
    return WITHOUT_PLACE;
  if (lacksStart(assessed.verdict)) return WITHOUT_START;
  const offersAll = createOffersAll(context, assessed);
  const handler = resolved.class?.handler ?? '""';
  const handlers = handlersFor(assessed, context).filter(offersAll);
  const setting = (like: string): string => `policy.handlers: {${handler}: {like: ${like}}}`;
  const resembled = resolved.profile === null ? resembledProfile(handler) : null;
  const like = likeness(resolved, handlers);
  return (alternatives) => {
    const classes = alternatives.filter(offersAll);
    const instead =
      classes.length > 0
        ? `Set spec.runtimeClassName to ${listNames(classes)}`
        : handlers.length === 0
          ? 'No handler is known to run it: try it on one node first'
          : `Name a class whose handler is ${listNames(handlers)}`;
    if (resembled !== null)
      return `If it is a build of ${resembled.name}, as its name suggests, configure ${setting(resembled.name)}. Otherwise: ${instead}.`;
    return like === null ? `${instead}.` : `${instead}, or say what this handler is: ${setting(like)}.`;
  };
}

export const handlerMayNotRunImage: Rule = {
  id: 'handler-may-not-run-image',
  why:
    "The handler's name alone does not always say whether its runtime can run an image: which engine or which build it is, " +
    'which release, or what nobody has tried. If it cannot, the container ends at once, often with an empty log.',
  reads: "The handler of the Pod's RuntimeClass with the version in its name, and what the Pod's images are.",
  allows:
    'Combinations that are known to run, and those that are known not to: wasmgate denies these. Linux containers, except on ' +
    'releases of a shim that cannot start them. Handlers that policy.handlers describes.',
  example: 'A component of the CNCF layout in a Pod with a class whose handler is spin.',
  cure:
    'Name a class whose handler is known to run the image, or say what the handler is: policy.handlers: {wasm: {like: ' +
    'wasmtime}}.',
  check: (context) => {
    const { class: runtimeClass, profile } = context.resolved;
    if (runtimeClass === null && profile === null) return NO_FINDINGS;
    return context.containers.flatMap((assessed) => {
      const why = doubt(context, assessed);
      if (why === null) return [];
      return {
        id: 'handler-may-not-run-image' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} may not run under ${describeClass(runtimeClass)}: ${why}`,
        advice: adviceFor(context, assessed),
      };
    });
  },
};
