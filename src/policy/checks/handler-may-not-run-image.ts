import { NO_FINDINGS, type Rule } from '../check.ts';
import type { PolicyContext, ResolvedClass } from '../context.ts';
import type { AdviceOnClasses } from '../decision.ts';
import { describeClass, describeContainer, listNames } from '../describe.ts';
import { doubtOn } from '../doubt-on.ts';
import type { AssessedContainer } from '../facts.ts';
import { handlerTable } from '../handlers/handler-table.ts';
import { handlersFor } from '../handlers/handlers-for.ts';
import { lacksStart, missingFunction } from '../handlers/host-functions.ts';
import { isNotForWasm } from '../handlers/is-not-for-wasm.ts';
import { missingPlace } from '../handlers/missing-place.ts';
import { resembledProfile } from '../handlers/resembled-profile.ts';

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
    'which release, or what nobody has tried. Nor does every image show whether it is Wasm. If the runtime cannot run it, the ' +
    'container ends at once, often with an empty log.',
  reads:
    "The handler of the Pod's RuntimeClass with the version in its name, what the Pod's images are, and what they start.",
  allows:
    'Combinations that are known to run, and those that are known not to: wasmgate denies these. Linux containers, except on ' +
    'releases of a shim that cannot start them. Images that are not known, except beside Wasm on a handler that cannot start ' +
    'Linux programs. Handlers that policy.handlers describes.',
  example: 'A component of the CNCF layout in a Pod with a class whose handler is spin.',
  cure:
    'Name a class whose handler is known to run the image, or say what the handler is: policy.handlers: {wasm: {like: ' +
    'wasmtime}}.',
  check: (context) => {
    const { class: runtimeClass, profile } = context.resolved;
    if (runtimeClass === null && profile === null) return NO_FINDINGS;
    return context.containers.flatMap((assessed) => {
      const doubt = doubtOn(context, assessed);
      if (doubt === null) return [];
      return {
        id: 'handler-may-not-run-image' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} may not run under ${describeClass(runtimeClass)}: ${doubt.why}`,
        advice: doubt.advice ?? adviceFor(context, assessed),
        ...(doubt.consequence === undefined ? {} : { consequence: doubt.consequence }),
      };
    });
  },
};
