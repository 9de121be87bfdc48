import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { NO_FINDINGS, type Rule } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeClass, describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import type { HandlerProfile } from '../handlers.ts';
import { runs } from '../select-runtime-class.ts';

type Described = Pick<Finding, 'detail' | 'advice'>;

/** Its form is open, and most are modules. */
function notShown(assessed: AssessedContainer, runtimeClass: RuntimeClass): Described {
  return {
    detail: `${describeContainer(assessed)} does not show whether it is a module or a component, and ${describeClass(runtimeClass)} is only known to run modules`,
    advice: 'If it is a component, name a class whose handler is wasmtime.',
  };
}

/** The handler's name says nothing of its engine. */
function notTold(assessed: AssessedContainer, { name, handler }: RuntimeClass): Described {
  return {
    detail: `${describeContainer(assessed)} is a component, which few engines run, and handler ${handler} of RuntimeClass "${name}" does not tell by its name which one it holds`,
    advice: `Name a class whose handler is wasmtime, or say what this one is: policy.handlers: {${handler}: {like: wasmtime}}.`,
  };
}

function judge(
  assessed: AssessedContainer,
  runtimeClass: RuntimeClass,
  profile: HandlerProfile,
): Described | null {
  const { verdict } = assessed;
  const outcome = runs(profile, assessed);
  if (outcome.assumesModule) return notShown(assessed, runtimeClass);
  const isComponent = verdict.kind === 'wasm' && verdict.shape === 'component';
  const isOpen = profile.engine === 'any-shim' && outcome.runs === 'unknown';
  return isComponent && isOpen ? notTold(assessed, runtimeClass) : null;
}

const id = 'component-on-module-runtime';

export const componentOnModuleRuntime: Rule = {
  id,
  why:
    'Most engines run core modules only. A component ends at once there: exit 137 with an empty log, or "unknown binary ' +
    'version".',
  reads:
    "The handler of the Pod's class, and what manifest, config and a look inside tell of module or component.",
  allows:
    'Wasmtime, which runs both; images whose form is known, on handlers whose engine is: those are refused or let through by it.',
  example: 'A .wasm file that a volume brings, which no registry can show, under class wasmedge.',
  cure: 'Make sure that it is a core module (wasm-tools print), or run it under a class whose handler is wasmtime.',
  check: ({ resolved, wasmContainers }) => {
    const { class: runtimeClass, profile } = resolved;
    if (runtimeClass === null || profile === null) return NO_FINDINGS;
    return wasmContainers.flatMap((assessed) => {
      const described = judge(assessed, runtimeClass, profile);
      return described === null ? [] : { id, container: assessed.container.name, ...described };
    });
  },
};
