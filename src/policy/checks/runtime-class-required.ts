import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { NO_FINDINGS, type ChoiceRule, type PolicyContext } from '../check.ts';
import { listNames, describeClass, describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import { isLinuxHandler } from '../handlers/handler-names.ts';

/** Returns an ordinary container of a Pod without Wasm. */
function linuxContainer({ wasmContainers, containers }: PolicyContext): AssessedContainer | undefined {
  if (wasmContainers.length > 0) return undefined;
  return containers.find(({ verdict }) => verdict.kind === 'container');
}

function isDeliberate({ resolved, pod, settings }: PolicyContext): boolean {
  // runtime-class-missing covers classes that do not exist.
  if (resolved.class === null) return Boolean(pod.spec.runtimeClassName);
  return isLinuxHandler(settings, resolved.class.handler);
}

function adviceFor({ cluster, settings }: PolicyContext): string {
  const { linuxHandlers } = settings;
  const rank = ({ handler }: RuntimeClass): number => {
    const position = linuxHandlers.indexOf(handler);
    return position < 0 ? linuxHandlers.length : position;
  };
  const linux = cluster.runtimeClasses
    .filter(({ handler }) => isLinuxHandler(settings, handler))
    .toSorted((one, other) => rank(one) - rank(other));
  if (linux.length === 0)
    return `Create a RuntimeClass with a handler in policy.linuxHandlers: ${linuxHandlers.join(', ')}.`;
  return `Set runtimeClassName to ${listNames(linux.map(({ name }) => name))}, or use a Wasm image.`;
}

function describeFault(runtimeClass: RuntimeClass | null): string {
  return runtimeClass === null
    ? 'the Pod has no RuntimeClass'
    : `${describeClass(runtimeClass)} is not for Linux`;
}

export const runtimeClassRequired: ChoiceRule = {
  id: 'runtime-class-required',
  why:
    'If Wasm is the rule, a Linux container should be a deliberate exception: it names a class for Linux, or it is ' +
    'here by mistake.',
  checks:
    "The images' kinds, spec.runtimeClassName, the handler of that class and policy.linuxHandlers. On by default only " +
    'in scenario wasm-first.',
  exempts:
    'Pods with a Wasm container, Pods whose class has one of those handlers, and namespaces in ' +
    'policy.systemNamespaces.',
  example: 'In scenario wasm-first, a Pod of image nginx without spec.runtimeClassName.',
  fix: 'Use a class whose handler is for Linux, such as runc, or build the image for Wasm.',
  check: (context) => {
    const container = linuxContainer(context);
    if (container === undefined || isDeliberate(context)) return NO_FINDINGS;
    return [
      {
        id: 'runtime-class-required',
        container: container.container.name,
        detail: `${describeContainer(container)} is not Wasm, and ${describeFault(context.resolved.class)}`,
        advice: adviceFor(context),
      },
    ];
  },
};
