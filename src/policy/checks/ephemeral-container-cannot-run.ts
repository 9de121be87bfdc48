import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeContainer } from '../describe.ts';
import { whyCannotRun } from '../why-cannot-run.ts';

export const ephemeralContainerCannotRun: Rule = {
  id: 'ephemeral-container-cannot-run',
  why:
    "A debug container runs under its Pod's class, and nothing can change or remove it. One that the class cannot run " +
    'stays in the Pod until the Pod is gone: a Linux image under crun-wasm logs `cannot dynamically load executable`; ' +
    'a Wasm image in a Pod without a class ends in `permission denied`.',
  checks: "New ephemeral containers, and the Pod's class.",
  exempts: "Linux images under shims and under crun's compat-smart; unknown images.",
  example: 'kubectl debug --image=busybox on a Pod under class crun-wasm.',
  fix: 'Debug a copy of the Pod (kubectl debug --copy-to) or the node (kubectl debug node/…).',
  check: (context) => {
    const { previous, containers } = context;
    if (previous === undefined) return NO_FINDINGS;
    return containers.flatMap((assessed) => {
      const reason = assessed.kind === 'ephemeral' ? whyCannotRun(context, assessed) : null;
      if (reason === null) return [];
      return {
        id: 'ephemeral-container-cannot-run' as const,
        container: assessed.container.name,
        detail: `Ephemeral ${describeContainer(assessed)} cannot run: ${reason}`,
        advice: 'Use kubectl debug --copy-to=NAME, or kubectl debug node/NODE.',
      };
    });
  },
};
