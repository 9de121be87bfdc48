import { NO_FINDINGS, type Rule } from '../check.ts';
import { compatAnnotation } from '../compat-annotation.ts';
import { describeName, insteadOfLinuxEntry } from '../describe.ts';

export const linuxContainerUnderCompat: Rule = {
  id: 'linux-container-under-compat',
  why:
    'With compat, or with an engine in run.oci.handler (wasm, wasmtime, wasmedge, wasmer, wamr), crun hands every ' +
    'container of the Pod to that Wasm engine. An ordinary sidecar exits with 1 and logs `load library ' +
    'failed:/bin/sh: cannot dynamically load executable`.',
  checks: 'The two annotations that crun reads, on classes whose handler reads them.',
  exempts: 'compat-smart and wasm-smart, which decide by the suffix of the first argument.',
  example: 'A Wasm module with a Linux sidecar and module.wasm.image/variant: compat.',
  fix: 'Set module.wasm.image/variant: compat-smart.',
  check: ({ pod, resolved, containers }) => {
    const compat = compatAnnotation(pod, resolved.profile);
    if (compat === null) return NO_FINDINGS;
    return containers
      .filter(({ verdict }) => verdict.kind === 'container')
      .map((assessed) => ({
        id: 'linux-container-under-compat' as const,
        container: assessed.container.name,
        detail: `${describeName(assessed)} is not Wasm, but annotation ${compat.written} hands it to the Wasm engine`,
        advice: insteadOfLinuxEntry(assessed) ?? `Set the annotation to ${compat.smart}.`,
      }));
  },
};
