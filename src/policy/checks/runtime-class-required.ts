import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { NO_FINDINGS, type ChoiceRule, type PolicyContext } from '../check.ts';
import { listNames, describeClass, describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import { isLinuxHandler } from '../handlers/handler-names.ts';

/** An ordinary image, in a Pod that holds no Wasm. */
function linuxContainer({ wasmContainers, containers }: PolicyContext): AssessedContainer | undefined {
  if (wasmContainers.length > 0) return undefined;
  return containers.find(({ verdict }) => verdict.kind === 'container');
}

function isOnPurpose({ resolved, pod, settings }: PolicyContext): boolean {
  // A class that does not exist is the business of another rule.
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
    return `Create a RuntimeClass with a handler for Linux (policy.linuxHandlers: ${linuxHandlers.join(', ')}) and name it in spec.runtimeClassName.`;
  return `Set spec.runtimeClassName to ${listNames(linux.map(({ name }) => name))} if this is meant to run as a Linux container, or use a Wasm image.`;
}

function named(runtimeClass: RuntimeClass | null): string {
  return runtimeClass === null
    ? 'the Pod names no RuntimeClass'
    : `${describeClass(runtimeClass)} is no class for Linux containers`;
}

export const runtimeClassRequired: ChoiceRule = {
  id: 'runtime-class-required',
  why:
    'Where Wasm is the rule, a Linux container is an exception that somebody should have decided on: it names a Linux class, ' +
    'or it got here by mistake.',
  checks:
    "The images' kinds, spec.runtimeClassName, the handler of that class and policy.linuxHandlers. Only scenario wasm-first " +
    'asks for it by default.',
  exempts:
    'Pods with a Wasm container, Pods whose class has one of those handlers, namespaces in policy.systemNamespaces.',
  example: 'In scenario wasm-first, a Pod of image nginx without spec.runtimeClassName.',
  fix: 'Name a class whose handler is for Linux, such as runc, or build the image for Wasm.',
  check: (context) => {
    const container = linuxContainer(context);
    if (container === undefined || isOnPurpose(context)) return NO_FINDINGS;
    return [
      {
        id: 'runtime-class-required',
        container: container.container.name,
        detail: `${describeContainer(container)} is not Wasm, and ${named(context.resolved.class)}`,
        advice: adviceFor(context),
      },
    ];
  },
};
