import { NO_FINDINGS, type Rule } from '../check.ts';
import { compatAnnotation } from '../compat-annotation.ts';
import { describeContainer, insteadOfLinuxEntry } from '../describe.ts';

export const linuxContainerUnderCompat: Rule = {
  id: 'linux-container-under-compat',
  why:
    'With compat, or with an engine as run.oci.handler (wasm, wasmtime, wasmedge, wasmer, wamr), crun hands every container of ' +
    'the Pod to that Wasm engine, and an ordinary sidecar dies there.',
  checks: 'The two annotations that crun reads, on classes whose handler reads them.',
  exempts: 'compat-smart and wasm-smart, which look at the suffix of the first argument.',
  example: 'A Wasm module with a Linux sidecar and module.wasm.image/variant: compat.',
  fix: 'Use module.wasm.image/variant: compat-smart.',
  check: ({ pod, resolved, containers }) => {
    const compat = compatAnnotation(pod, resolved.profile);
    if (compat === null) return NO_FINDINGS;
    return containers
      .filter(({ verdict }) => verdict.kind === 'container')
      .map((assessed) => ({
        id: 'linux-container-under-compat' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} would be given to the Wasm engine by annotation ${compat.written}`,
        advice:
          insteadOfLinuxEntry(assessed) ??
          `Use ${compat.smart}, which leaves containers without a .wasm argument alone.`,
      }));
  },
};
