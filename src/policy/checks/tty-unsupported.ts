import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass } from '../describe.ts';

export const ttyUnsupported: Rule = {
  id: 'tty-unsupported',
  why: 'runwasi shims give no container a terminal: one that asks for it fails with "terminal is not supported".',
  checks: "The tty field of every container, Linux sidecars included, and the class's handler.",
  exempts: 'crun, and containers without tty; stdin alone.',
  example: 'tty: true in a Pod with runtimeClassName: wasmtime.',
  fix: 'Leave tty out; with kubectl run and kubectl debug use -i without -t.',
  check: ({ resolved, containers }) => {
    const { class: runtimeClass, profile } = resolved;
    if (runtimeClass === null || profile?.ttyUnsupported !== true) return NO_FINDINGS;
    return containers
      .filter(({ container }) => container.tty === true)
      .map(({ container, image }) => ({
        id: 'tty-unsupported' as const,
        container: container.name,
        detail: `container "${container.name}" (image ${image}) asks for a terminal, which ${describeClass(runtimeClass)} does not support: it will not start`,
        advice: 'Leave tty out (kubectl: -i without -t).',
      }));
  },
};
