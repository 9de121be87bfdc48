import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { NO_FINDINGS, type ChoiceRule, type PodContext } from '../check.ts';
import { candidatesFor, isStartable } from '../choose/candidates.ts';
import type { Finding } from '../decision.ts';
import {
  describeClass,
  describeContainer,
  insteadOfIndex,
  listNames,
  describeMissingProgram,
} from '../describe.ts';
import { type WasmContainer, startsText } from '../facts.ts';
import { isNotForWasm, resembledProfile } from '../handlers/handler-names.ts';
import { handlerTable } from '../handlers/handler-table.ts';
import { handlersFor, reportedHandlers } from '../handlers/handlers-for.ts';

/** Classes whose handler wasmgate does not know: the user may know better. */
function unknownClasses({ cluster, settings }: PodContext): readonly RuntimeClass[] {
  const { profileOf } = handlerTable(settings);
  return cluster.runtimeClasses.filter(
    ({ handler }) => profileOf(handler) === null && !isNotForWasm(handler),
  );
}

function finding(container: WasmContainer, why: string, advice: string): readonly Finding[] {
  const detail = `${describeContainer(container)} ${why}`;
  return [{ id: 'no-runtime-class-for-image', container: container.container.name, detail, advice }];
}

/** Its platform says Wasm, and what it starts does not. */
function unstartable(container: WasmContainer): readonly Finding[] {
  const { firstArgument } = container.verdict;
  return finding(
    container,
    `starts ${firstArgument ?? 'nothing'}, and nothing shows that this is a Wasm file: no runtime is known to run it`,
    "Name the module in the container's command, as the image holds it, such as /app.wasm.",
  );
}

/** What class to create for the image, and on which handler. */
function adviceOnClass(context: PodContext, container: WasmContainer): string {
  const [handler] = handlersFor(container, context);
  if (handler === undefined) return 'No known handler runs this image; build it in another form.';
  const manifest = `{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: ${handler}}, handler: ${handler}}`;
  return reportedHandlers(context.cluster).has(handler)
    ? `Create a class for handler ${handler}, which nodes of this cluster have: ${manifest}.`
    : `Install a runtime such as ${handler} on a node and create its class: ${manifest}.`;
}

/** A class of this cluster may be what the Pod needs, under a name that wasmgate cannot judge. */
function undecided(
  container: WasmContainer,
  unknown: readonly [RuntimeClass, ...RuntimeClass[]],
): readonly Finding[] {
  const [first] = unknown;
  const names = listNames(unknown.map(({ name }) => name));
  const resembled = resembledProfile(first.handler);
  const saying =
    resembled === null
      ? ''
      : ` If ${first.handler} is a build of ${resembled.name}, as its name suggests, configure policy.handlers: {${first.handler}: {like: ${resembled.name}}}.`;
  return finding(
    container,
    `needs a RuntimeClass; wasmgate does not know the handler of ${describeClass(first)} and chooses none that it does not know`,
    `Set spec.runtimeClassName to ${names} if it runs this image.${saying}`,
  );
}

function findingsOn(context: PodContext, alone: WasmContainer): readonly Finding[] {
  const nobody = "needs a RuntimeClass, and none of this cluster's classes can run it";
  const missing = describeMissingProgram(alone);
  if (missing !== null)
    return [{ id: 'no-runtime-class-for-image', container: alone.container.name, ...missing }];
  if (startsText(alone))
    return finding(alone, nobody, 'Compile it to a .wasm file: no known handler runs WebAssembly text.');
  if (!isStartable(alone)) return unstartable(alone);
  const byIndex = insteadOfIndex(alone);
  if (byIndex !== null) return finding(alone, nobody, byIndex);
  const [unknown, ...others] = unknownClasses(context);
  if (unknown !== undefined) return undecided(alone, [unknown, ...others]);
  return finding(alone, nobody, adviceOnClass(context, alone));
}

export const noRuntimeClassForImage: ChoiceRule = {
  id: 'no-runtime-class-for-image',
  why: "Without a RuntimeClass a Wasm image lands on the node's default runtime, where it cannot start.",
  checks: 'What the images are, and the handlers of all RuntimeClasses.',
  exempts: 'Pods that name a class, Pods without Wasm, and Pods for which a class can be chosen.',
  example: 'A Spin application in a cluster whose only class is crun-wasm.',
  fix: 'Install a runtime that runs the image, create its RuntimeClass, and apply again.',
  check: (context) => {
    if (context.isRunnable !== false) return NO_FINDINGS;
    const alone = context.wasmContainers.find(
      (container) => candidatesFor(context, [container]).length === 0,
    );
    return alone === undefined ? NO_FINDINGS : findingsOn(context, alone);
  },
};
