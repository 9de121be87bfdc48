import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeContainer } from '../describe.ts';
import { whyCannotRun } from '../why-cannot-run.ts';

export const ephemeralContainerCannotRun: Rule = {
  id: 'ephemeral-container-cannot-run',
  why:
    "A debug container runs under its Pod's class, and can be neither changed nor removed: one that the class cannot run " +
    'stays in the Pod as a failure until the Pod is gone.',
  checks: "Ephemeral containers that are new, and the Pod's class.",
  exempts: "Linux images under shims and under crun's compat-smart, and images that are not known.",
  example: 'kubectl debug --image=busybox of a Pod under class crun-wasm.',
  fix: 'Debug from a Pod of its own (kubectl debug --copy-to, kubectl debug node/…).',
  check: (context) => {
    const { previous, containers } = context;
    if (previous === undefined) return NO_FINDINGS;
    return containers.flatMap((assessed) => {
      const reason = assessed.kind === 'ephemeral' ? whyCannotRun(context, assessed) : null;
      if (reason === null) return [];
      return {
        id: 'ephemeral-container-cannot-run' as const,
        container: assessed.container.name,
        detail: `Ephemeral ${describeContainer(assessed)} cannot run in this Pod: ${reason}`,
        advice:
          'Debug from a copy or from the node: kubectl debug --copy-to=NAME, or kubectl debug node/NODE.',
      };
    });
  },
};
