import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass, describeContainer } from '../describe.ts';
import { runsContainer } from '../handlers/can-run.ts';

export const componentOnModuleRuntime: Rule = {
  id: 'component-on-module-runtime',
  why:
    'Most engines run core modules only. A component ends at once there: exit 137 with an empty log, or "unknown binary ' +
    'version".',
  checks:
    "The handler of the Pod's class, and what manifest, config and a look inside tell of module or component.",
  exempts: 'Wasmtime, which runs both; images whose form is known: other rules speak of those.',
  example: 'A .wasm file that a volume brings, which no registry can show, under class wasmedge.',
  fix: 'Make sure that it is a core module (wasm-tools print), or run it under a class whose handler is wasmtime.',
  check: ({ resolved, wasmContainers }) => {
    const { class: runtimeClass, profile } = resolved;
    if (profile === null) return NO_FINDINGS;
    return wasmContainers
      .filter((assessed) => runsContainer(profile, assessed).assumesModule)
      .map((assessed) => ({
        id: 'component-on-module-runtime' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} does not show whether it is a module or a component, and ${describeClass(runtimeClass)} is only known to run modules`,
        advice: 'If it is a component, name a class whose handler is wasmtime.',
      }));
  },
};
