import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass, describeContainer } from '../describe.ts';
import { runsContainer } from '../handlers/can-run.ts';

export const componentOnModuleRuntime: Rule = {
  id: 'component-on-module-runtime',
  why:
    'Most engines run core modules only. A component ends at once: WasmEdge logs `unknown binary version` and ' +
    '`enabling Component Model proposal`, or `illegal opcode`; under a shim the container ends with exit code 137 and ' +
    'an empty log.',
  checks:
    "The handler of the Pod's class, and what manifest, config and layers say about module or component.",
  exempts: 'Wasmtime, which runs both; images whose kind is known, which other rules judge.',
  example: 'A .wasm file from a volume, which no registry shows, under class wasmedge.',
  fix: 'Check that the file is a core module (wasm-tools print), or use a class whose handler is wasmtime.',
  check: ({ resolved, wasmContainers }) => {
    const { class: runtimeClass, profile } = resolved;
    if (profile === null) return NO_FINDINGS;
    return wasmContainers
      .filter((assessed) => runsContainer(profile, assessed).assumesModule)
      .map((assessed) => ({
        id: 'component-on-module-runtime' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} may be a component, and ${describeClass(runtimeClass)} runs core modules only`,
        advice: 'If it is a component, use a class whose handler is wasmtime.',
      }));
  },
};
