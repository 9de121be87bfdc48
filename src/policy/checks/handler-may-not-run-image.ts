import { NO_FINDINGS, type Rule, type PolicyContext, type ResolvedClass } from '../check.ts';
import type { AdviceOnClasses } from '../decision.ts';
import { describeClass, describeName, listNames } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import { runsContainer } from '../handlers/can-run.ts';
import { isNotForWasm, resembledProfile } from '../handlers/handler-names.ts';
import { handlerTable } from '../handlers/handler-table.ts';
import { handlersFor } from '../handlers/handlers-for.ts';
import { lacksStart, missingFunction, missingPlace } from '../handlers/runtime-gaps.ts';
import { whyMayNotRun } from '../why-cannot-run.ts';

/** Returns the profile that policy.handlers might assign: a newer release under an old name, or the first that runs the image. */
function likeness(
  { class: runtimeClass, profile }: ResolvedClass,
  capable: readonly string[],
): string | null {
  if (profile === null && isNotForWasm(runtimeClass?.handler ?? '')) return null;
  if (profile?.release) return profile.name;
  return profile === null || profile.engine === 'any-shim' ? (capable[0] ?? null) : null;
}

const WITHOUT_START = 'Build it as a command, or name an exported function: command: ["/app.wasm#NAME"].';
const OF_UPDATE = 'Delete the Pod and create it again under a class that runs this image.';
const WITHOUT_PLACE = 'Set the full path of the file, and workingDir to a directory of the image.';

/** Returns a test for handlers that run the image without the same doubt. */
function createFilter({ settings }: PolicyContext, assessed: AssessedContainer) {
  const { profileOf } = handlerTable(settings);
  return (handler: string): boolean => {
    const profile = profileOf(handler);
    if (profile === null || missingFunction(profile, assessed.verdict) !== null) return false;
    const { runs } = runsContainer(profile, assessed);
    return runs === 'yes' || runs === 'conditional';
  };
}

/** Advises on handlers. An existing class with such a handler that is no alternative conflicts with the Pod or has no node. */
function adviceOnHandlers(handlers: readonly string[], { cluster }: PolicyContext): string {
  if (handlers.length === 0) return 'No handler is known to run it; try it on one node first';
  const isOffered = cluster.runtimeClasses.some(({ handler }) => handlers.includes(handler));
  const verb = isOffered ? 'Use' : 'Create';
  return `${verb} a class with handler ${listNames(handlers)}`;
}

function adviceFor(context: PolicyContext, assessed: AssessedContainer): string | AdviceOnClasses {
  const { resolved } = context;
  if (context.previous !== undefined) return OF_UPDATE;
  if (resolved.profile !== null && missingPlace(resolved.profile, assessed.verdict) !== null)
    return WITHOUT_PLACE;
  if (lacksStart(assessed.verdict)) return WITHOUT_START;
  const fits = createFilter(context, assessed);
  const handler = resolved.class?.handler ?? '""';
  const handlers = handlersFor(assessed, context).filter(fits);
  const setting = (like: string): string => `policy.handlers: {${handler}: {like: ${like}}}`;
  const resembled = resolved.profile === null ? resembledProfile(handler) : null;
  const like = likeness(resolved, handlers);
  return (alternatives) => {
    const classes = alternatives.filter((name) => fits(context.cluster.runtimeClass(name)?.handler ?? ''));
    const instead =
      classes.length > 0
        ? `Set runtimeClassName to ${listNames(classes)}`
        : adviceOnHandlers(like === null ? handlers : handlers.slice(0, 1), context);
    if (resembled !== null)
      return `If it is a build of ${resembled.name}, configure ${setting(resembled.name)}. If not: ${instead}.`;
    return like === null ? `${instead}.` : `${instead}, or configure ${setting(like)}.`;
  };
}

export const handlerMayNotRunImage: Rule = {
  id: 'handler-may-not-run-image',
  why:
    "The handler's name does not always say whether its runtime can run an image: engine, build and release may " +
    'differ, and some combinations are untested. Nor does every image show whether it is Wasm. If the runtime cannot ' +
    'run it, the container ends at once: with exit code 137 and an empty log if a module imports what the engine ' +
    'lacks or exports no _start; in StartError with `failed to unix syscall` if the working directory does not exist, ' +
    "or with `wasmtime executor can't handle spec` if the file is not Wasm or only on PATH.",
  checks:
    "The handler of the Pod's RuntimeClass with the version in its name, the Pod's images, and what they start.",
  exempts:
    'Combinations that are known to run, and those that are known not to, which wasmgate denies. Linux containers, ' +
    'except on releases of a shim that cannot start them. Unknown images, except beside Wasm on a handler that cannot ' +
    'start Linux programs. Handlers that policy.handlers describes.',
  example: 'A component in the CNCF layout in a Pod with a class whose handler is spin.',
  fix:
    'Use a class whose handler is known to run the image, or describe the handler: policy.handlers: {wasm: {like: ' +
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
        detail: `${describeName(assessed)} may not run under ${describeClass(runtimeClass)}: ${doubt.why}`,
        advice: doubt.advice ?? adviceFor(context, assessed),
        ...(doubt.consequence === undefined ? {} : { consequence: doubt.consequence }),
      };
    });
  },
};
