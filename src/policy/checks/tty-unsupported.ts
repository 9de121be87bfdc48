import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass, describeContainer } from '../describe.ts';

export const ttyUnsupported: Rule = {
  id: 'tty-unsupported',
  why:
    'runwasi shims support no terminal: a container that asks for one ends in StartError, `terminal is not ' +
    'supported`.',
  checks: "The tty field of every container, including Linux sidecars, and the class's handler.",
  exempts: 'crun; containers without tty; stdin alone.',
  example: 'tty: true in a Pod with runtimeClassName: wasmtime.',
  fix: 'Remove tty. With kubectl run and kubectl debug, use -i without -t.',
  check: ({ resolved, containers }) => {
    const { class: runtimeClass, profile } = resolved;
    if (runtimeClass === null || profile?.ttyUnsupported !== true) return NO_FINDINGS;
    return containers
      .filter(({ container }) => container.tty === true)
      .map((assessed) => ({
        id: 'tty-unsupported' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} sets tty, which ${describeClass(runtimeClass)} does not support: it will not start`,
        advice: 'Remove tty (kubectl: -i without -t).',
      }));
  },
};
