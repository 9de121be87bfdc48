import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass, describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';

/** Whether anybody acts on how the container ends: the next init container, a Job, the Pod's own phase. */
function isExitCodeRead({ kind }: AssessedContainer, restartPolicy: string | null | undefined): boolean {
  if (kind === 'init') return true;
  return kind === 'main' && (restartPolicy === 'Never' || restartPolicy === 'OnFailure');
}

export const exitCodeLost: Rule = {
  id: 'exit-code-lost',
  why:
    'crun with WasmEdge ends as success once the module ran, whatever it answers (only a trap is an error). A Job is then ' +
    'complete although its work failed, and nothing is tried again.',
  checks:
    "spec.restartPolicy, and Wasm containers under crun's handlers; init containers whatever the policy.",
  exempts: 'Containers that are restarted for ever, and shims, which hand the exit code on.',
  example: 'A CronJob whose module answers 3, under class crun-wasm.',
  fix: 'Run Jobs under a shim such as wasmtime or wasmedge, or trap instead of answering a code.',
  check: ({ pod, resolved, wasmContainers }) => {
    const { class: runtimeClass, profile } = resolved;
    if (profile?.losesExitCode !== true) return NO_FINDINGS;
    return wasmContainers
      .filter((assessed) => isExitCodeRead(assessed, pod.spec.restartPolicy))
      .map((assessed) => ({
        id: 'exit-code-lost' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} is to run to its end under ${describeClass(runtimeClass)}, where it counts as done whatever exit code it answers, if crun's engine is WasmEdge`,
        advice: 'Name a class of a shim such as wasmtime or wasmedge, or let the module trap on failure.',
      }));
  },
};
