import { namesWatFile } from '../../detect/effective-command.ts';
import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { NO_FINDINGS, type Rule } from '../check.ts';
import { compatAnnotation } from '../compat-annotation.ts';
import type { PolicyContext } from '../context.ts';
import { alternatives, describeClass, describeContainer } from '../describe.ts';
import type { WasmContainer } from '../facts.ts';
import { canRun, isPassedOver, isSuffixUnknown, type HandlerProfile } from '../handlers/can-run.ts';
import { handlersFor } from '../handlers/handlers-for.ts';
import { classesToName } from '../select-runtime-class.ts';

/** What speaks against it, following the class; null where it is certain, or a rule of its own tells more of it. */
function doubt(
  { pod }: PolicyContext,
  { verdict }: WasmContainer,
  profile: HandlerProfile | null,
): string | null {
  if (verdict.firstArgument !== null && namesWatFile(verdict.firstArgument)) return null;
  if (profile === null) return 'wasmgate knows nothing of this handler';
  // With compat crun does not look at the suffix.
  if (isSuffixUnknown(profile, verdict) && compatAnnotation(pod, profile) !== null) return null;
  const { runs, why } = canRun(profile, verdict);
  return runs === 'unknown' && !isPassedOver(profile, verdict) ? `${profile.title} ${why}` : null;
}

function adviceFor(context: PolicyContext, assessed: WasmContainer, runtimeClass: RuntimeClass): string {
  const { resolved, settings } = context;
  const classes = classesToName(context, settings);
  const handlers = handlersFor(assessed, settings);
  const [like] = handlers;
  const named =
    classes.length > 0
      ? `Set spec.runtimeClassName to ${alternatives(classes)}`
      : like === undefined
        ? 'No handler is known to run it: try it on one node first'
        : `Name a class whose handler is ${alternatives(handlers)}`;
  const isNameless = resolved.profile === null || resolved.profile.engine === 'any-shim';
  return isNameless && like !== undefined
    ? `${named}, or say what this handler is: policy.handlers: {${runtimeClass.handler}: {like: ${like}}}.`
    : `${named}.`;
}

export const handlerMayNotRunImage: Rule = {
  id: 'handler-may-not-run-image',
  why:
    "Whether a class's runtime runs an image hangs on more than the handler's name tells: which engine or which build it " +
    'is, or what nobody has tried. Where it does not, the container ends at once, often with an empty log.',
  reads: "The handler of the Pod's RuntimeClass, and what its Wasm images are.",
  allows:
    'Combinations that are known to run, and those that are known not to: they are refused. Linux containers. Handlers that ' +
    'policy.handlers says what they are like.',
  example: 'A component of the CNCF layout in a Pod with a class whose handler is spin.',
  cure:
    'Name a class whose handler is known to run the image, or say what the handler is: policy.handlers: {wasm: {like: ' +
    'wasmtime}}.',
  check: (context) => {
    const { class: runtimeClass, profile } = context.resolved;
    if (runtimeClass === null) return NO_FINDINGS;
    return context.wasmContainers.flatMap((assessed) => {
      const why = doubt(context, assessed, profile);
      if (why === null) return [];
      return {
        id: 'handler-may-not-run-image' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} may not run under ${describeClass(runtimeClass)}: ${why}`,
        advice: adviceFor(context, assessed, runtimeClass),
      };
    });
  },
};
