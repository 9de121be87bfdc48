import { NO_FINDINGS, type ChoiceRule } from '../check.ts';
import { describeVerdict, listNames } from '../describe.ts';

export const runtimeClassMissing: ChoiceRule = {
  id: 'runtime-class-missing',
  why:
    'A Pod whose RuntimeClass does not exist is refused by the API server with one short line that does not' +
    ' help.',
  checks: 'spec.runtimeClassName and the RuntimeClasses of the cluster.',
  exempts: 'A class that exists, or none.',
  example: 'runtimeClassName: wasmtime-spin in a cluster whose class is called wasmtime-spin-v2.',
  fix: 'Name a class that exists, or create this one with a handler that your nodes have.',
  check: (context) => {
    const { pod, resolved } = context;
    const name = pod.spec.runtimeClassName;
    if (name === undefined || name === null || name === '' || resolved.class !== null) return NO_FINDINGS;
    const [wasm] = context.wasmContainers;
    const holds = wasm === undefined ? '' : `; image ${wasm.image} is ${describeVerdict(wasm.verdict)}`;
    return [
      {
        id: 'runtime-class-missing',
        container: null,
        detail: `RuntimeClass "${name}" does not exist${holds}`,
        advice: (alternatives) =>
          alternatives.length > 0
            ? `Name ${listNames(alternatives)}, which can run this Pod, or create "${name}".`
            : `Create a RuntimeClass named "${name}" whose handler your nodes have, or name one that exists.`,
      },
    ];
  },
};
