import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass, describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';

/** Reports whether the exit code matters: to the next init container, to a Job or to the Pod's phase. */
function isExitCodeRead({ kind }: AssessedContainer, restartPolicy: string | null | undefined): boolean {
  if (kind === 'init') return true;
  return kind === 'main' && (restartPolicy === 'Never' || restartPolicy === 'OnFailure');
}

export const exitCodeLost: Rule = {
  id: 'exit-code-lost',
  why:
    'crun with WasmEdge reports success once the module ran, whatever its exit code; only a trap is an error. The ' +
    'container is Completed with exit code 0, and a Job whose work failed is complete and not retried.',
  checks:
    'spec.restartPolicy, and Wasm containers under handlers of crun; init containers regardless of the policy.',
  exempts: 'Containers that always restart; shims, which report the exit code.',
  example: 'A CronJob whose module exits with 3, under class crun-wasm.',
  fix: 'Run Jobs under a shim such as wasmtime or wasmedge, or let the module trap on failure.',
  check: ({ pod, resolved, wasmContainers }) => {
    const { class: runtimeClass, profile } = resolved;
    if (profile?.losesExitCode !== true) return NO_FINDINGS;
    return wasmContainers
      .filter((assessed) => isExitCodeRead(assessed, pod.spec.restartPolicy))
      .map((assessed) => ({
        id: 'exit-code-lost' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} always succeeds under ${describeClass(runtimeClass)} if its engine is WasmEdge, which drops exit codes`,
        advice: 'Use a class with a shim, such as wasmtime, or trap on failure.',
      }));
  },
};
