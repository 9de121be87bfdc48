import { namesWatFile } from '../../detect/effective-command.ts';
import { NO_FINDINGS, type Rule } from '../check.ts';
import type { PolicyContext } from '../context.ts';
import type { Finding } from '../decision.ts';
import { alternatives, describeContainer, insteadOfIndex } from '../describe.ts';
import type { AssessedContainer, WasmContainer } from '../facts.ts';
import { handlerTable } from '../handlers/handler-table.ts';
import { handlersFor } from '../handlers/handlers-for.ts';
import { missingProgram } from '../missing-program.ts';
import { capableClasses, isVouchedFor, runs, type Candidate } from '../select-runtime-class.ts';

/** Classes whose handler wasmgate cannot judge: the user may know better. */
function undecidedClasses(
  { cluster, settings }: PolicyContext,
  container: AssessedContainer,
): readonly string[] {
  const { profileOf } = handlerTable(settings);
  return cluster.runtimeClasses
    .filter(({ handler }) => {
      const profile = profileOf(handler);
      return profile === null || runs(profile, container).runs !== 'no';
    })
    .map(({ name }) => name);
}

function startsText({ verdict }: WasmContainer): boolean {
  return verdict.firstArgument !== null && namesWatFile(verdict.firstArgument);
}

function adviceFor(context: PolicyContext, container: WasmContainer): string {
  if (startsText(container)) return 'Compile it to a .wasm file: no known handler runs WebAssembly text.';
  const [handler] = handlersFor(container, context.settings);
  const undecided = undecidedClasses(context, container);
  const name =
    undecided.length > 0
      ? ` If ${alternatives(undecided)} runs it all the same, name it in spec.runtimeClassName.`
      : '';
  if (handler === undefined) return `No known handler runs this image; build it in another form.${name}`;
  const manifest = `{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: ${handler}}, handler: ${handler}}`;
  return `Install a runtime such as ${handler} on a node and create its class: ${manifest}.${name}`;
}

/** Classes that would run it if an annotation reached their runtime, for which neither a node nor the operator speaks. */
function unvouched(context: PolicyContext, candidates: readonly Candidate[]): readonly Finding[] {
  const [first] = context.wasmContainers;
  if (first === undefined) return NO_FINDINGS;
  const names = candidates.map((candidate) => candidate.class.name);
  return [
    {
      id: 'no-runtime-class-for-image',
      container: first.container.name,
      detail: `${describeContainer(first)} needs a RuntimeClass; ${alternatives(names)} could run it, but no node shows that handler`,
      advice: `Name it in spec.runtimeClassName, or vouch for it in the configuration: policy.preferRuntimeClasses: [${names.join(', ')}].`,
    },
  ];
}

export const noRuntimeClassForImage: Rule = {
  id: 'no-runtime-class-for-image',
  why: "Without a RuntimeClass a Wasm image lands on the node's default runtime, where it cannot start.",
  reads: 'What the images are, and the handlers of all RuntimeClasses.',
  allows: 'Pods that name a class, Pods without Wasm, and Pods for which a class can be chosen.',
  example: 'A Spin application in a cluster whose only class is crun-wasm.',
  cure: 'Install a runtime that runs the image, create its RuntimeClass, and apply again.',
  check: (context) => {
    const { pod, resolved, wasmContainers, settings } = context;
    if (pod.spec.runtimeClassName || resolved.class !== null || wasmContainers.length === 0)
      return NO_FINDINGS;
    const capable = capableClasses(context, settings);
    // A class that was not chosen although it runs everything contradicts the Pod: the rules on conflicts say how.
    if (capable.some((candidate) => isVouchedFor(candidate, context, settings))) return NO_FINDINGS;
    if (capable.length > 0) return unvouched(context, capable);
    const alone = wasmContainers.find(
      (container) => capableClasses({ ...context, containers: [container] }, settings).length === 0,
    );
    if (alone === undefined) return NO_FINDINGS;
    const missing = missingProgram(alone);
    if (missing !== null)
      return [{ id: 'no-runtime-class-for-image', container: alone.container.name, ...missing }];
    return [
      {
        id: 'no-runtime-class-for-image',
        container: alone.container.name,
        detail: `${describeContainer(alone)} needs a RuntimeClass, and none of this cluster's classes can run it`,
        advice: insteadOfIndex(alone) ?? adviceFor(context, alone),
      },
    ];
  },
};
