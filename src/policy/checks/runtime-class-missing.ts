import { NO_FINDINGS, type ChoiceRule } from '../check.ts';
import { describeImage, listNames } from '../describe.ts';

export const runtimeClassMissing: ChoiceRule = {
  id: 'runtime-class-missing',
  why:
    'If the RuntimeClass of a Pod does not exist, the API server rejects the Pod with one short line: `pod rejected: ' +
    'RuntimeClass "x" not found`. A Deployment then has no Pods, and only the events of its ReplicaSet say why.',
  checks: 'spec.runtimeClassName and the RuntimeClasses of the cluster.',
  exempts: 'A class that exists, or none.',
  example: 'runtimeClassName: wasmtime-spin in a cluster whose class is called wasmtime-spin-v2.',
  fix: 'Use a class that exists, or create this one with a handler that your nodes have.',
  check: (context) => {
    const { pod, resolved } = context;
    const name = pod.spec.runtimeClassName;
    if (name === undefined || name === null || name === '' || resolved.class !== null) return NO_FINDINGS;
    const [wasm] = context.wasmContainers;
    const holds = wasm === undefined ? '' : `; ${describeImage(wasm)}`;
    return [
      {
        id: 'runtime-class-missing',
        container: null,
        detail: `RuntimeClass "${name}" does not exist${holds}`,
        advice: (alternatives) =>
          alternatives.length > 0
            ? `Set runtimeClassName to ${listNames(alternatives)}, or create "${name}".`
            : `Create "${name}" with a handler that your nodes have, or use a class that exists.`,
      },
    ];
  },
};
