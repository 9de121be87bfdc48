import { NO_FINDINGS, type Rule, type PolicyContext, type ResolvedClass } from '../check.ts';
import type { AdviceOnClasses } from '../decision.ts';
import { describeClass, describeContainer, listNames } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import { runsContainer } from '../handlers/can-run.ts';
import { isNotForWasm, resembledProfile } from '../handlers/handler-names.ts';
import { handlerTable } from '../handlers/handler-table.ts';
import { handlersFor } from '../handlers/handlers-for.ts';
import { lacksStart, missingFunction, missingPlace } from '../handlers/runtime-gaps.ts';
import { whyMayNotRun } from '../why-cannot-run.ts';

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
/** Said of a Pod that exists. */
const OF_UPDATE =
  'The class of a Pod cannot be changed: delete the Pod, and create it anew under a class that runs this image.';
const WITHOUT_PLACE = 'Name the file by its whole path, and set workingDir to a directory of the image.';

/** Reports whether nothing raises the same doubt about the handler of this name. */
function createSuits({ settings }: PolicyContext, assessed: AssessedContainer) {
  const { profileOf } = handlerTable(settings);
  return (handler: string): boolean => {
    const profile = profileOf(handler);
    if (profile === null || missingFunction(profile, assessed.verdict) !== null) return false;
    const { runs } = runsContainer(profile, assessed);
    return runs === 'yes' || runs === 'conditional';
  };
}

/** Classes with such a handler that are no alternative contradict the Pod or lie on no node: a new one helps no more. */
function adviceOnHandlers(handlers: readonly string[], { cluster }: PolicyContext): string {
  if (handlers.length === 0) return 'No handler is known to run it: try it on one node first';
  const isOffered = cluster.runtimeClasses.some(({ handler }) => handlers.includes(handler));
  const verb = isOffered ? 'Name' : 'Create and name';
  return `${verb} a class whose handler is ${listNames(handlers)}`;
}

function adviceFor(context: PolicyContext, assessed: AssessedContainer): string | AdviceOnClasses {
  const { resolved } = context;
  if (context.previous !== undefined) return OF_UPDATE;
  if (resolved.profile !== null && missingPlace(resolved.profile, assessed.verdict) !== null)
    return WITHOUT_PLACE;
  if (lacksStart(assessed.verdict)) return WITHOUT_START;
  const suits = createSuits(context, assessed);
  const handler = resolved.class?.handler ?? '""';
  const handlers = handlersFor(assessed, context).filter(suits);
  const setting = (like: string): string => `policy.handlers: {${handler}: {like: ${like}}}`;
  const resembled = resolved.profile === null ? resembledProfile(handler) : null;
  const like = likeness(resolved, handlers);
  return (alternatives) => {
    const classes = alternatives.filter((name) => suits(context.cluster.runtimeClass(name)?.handler ?? ''));
    const instead =
      classes.length > 0
        ? `Set spec.runtimeClassName to ${listNames(classes)}`
        : adviceOnHandlers(handlers, context);
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
  checks:
    "The handler of the Pod's RuntimeClass with the version in its name, what the Pod's images are, and what they start.",
  exempts:
    'Combinations that are known to run, and those that are known not to: wasmgate denies these. Linux containers, except on ' +
    'releases of a shim that cannot start them. Images that are not known, except beside Wasm on a handler that cannot start ' +
    'Linux programs. Handlers that policy.handlers describes.',
  example: 'A component of the CNCF layout in a Pod with a class whose handler is spin.',
  fix:
    'Name a class whose handler is known to run the image, or say what the handler is: policy.handlers: {wasm: {like: ' +
    'wasmtime}}.',
  check: (context) => {
    const { class: runtimeClass, profile } = context.resolved;
    if (runtimeClass === null && profile === null) return NO_FINDINGS;
    return context.containers.flatMap((assessed) => {
      const doubt = whyMayNotRun(context, assessed);
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
