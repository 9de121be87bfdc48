import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { NO_FINDINGS, type ChoiceRule, type PodContext } from '../check.ts';
import { hasCandidate, isStartable } from '../choose/candidates.ts';
import type { Finding } from '../decision.ts';
import {
  describeClass,
  describeContainer,
  describeImage,
  describeName,
  insteadOfIndex,
  listNames,
  describeMissingProgram,
} from '../describe.ts';
import { type WasmContainer, startsText } from '../facts.ts';
import { isNotForWasm, resembledProfile } from '../handlers/handler-names.ts';
import { handlerTable } from '../handlers/handler-table.ts';
import { handlersFor, reportedHandlers } from '../handlers/handlers-for.ts';

/** Returns the classes whose handler wasmgate does not know; the user may know better. */
function unknownClasses({ cluster, settings }: PodContext): readonly RuntimeClass[] {
  const { profileOf } = handlerTable(settings);
  return cluster.runtimeClasses.filter(
    ({ handler }) => profileOf(handler) === null && !isNotForWasm(handler),
  );
}

function finding(container: WasmContainer, detail: string, advice: string): readonly Finding[] {
  return [{ id: 'no-runtime-class-for-image', container: container.container.name, detail, advice }];
}

/** Reports an image for a Wasm platform if nothing shows that the file it starts is Wasm. */
function unstartable(container: WasmContainer): readonly Finding[] {
  const { firstArgument } = container.verdict;
  return finding(
    container,
    `${describeContainer(container)} starts ${firstArgument ?? 'nothing'}, which nothing shows to be Wasm: no runtime is known to run it`,
    "Set command to the module's path in the image, such as /app.wasm.",
  );
}

/** Advises for which handler to create a class. */
function adviceOnClass(context: PodContext, container: WasmContainer): string {
  const [handler] = handlersFor(container, context);
  if (handler === undefined) return 'No known handler runs this image; build it in another form.';
  return reportedHandlers(context.cluster).has(handler)
    ? `Create a RuntimeClass for handler "${handler}", which nodes of this cluster have.`
    : `Install a runtime such as ${handler} and create its RuntimeClass.`;
}

/** Reports an image that a class of this cluster may run, whose handler wasmgate does not know. */
function undecided(
  container: WasmContainer,
  unknown: readonly [RuntimeClass, ...RuntimeClass[]],
): readonly Finding[] {
  const [first] = unknown;
  const names = listNames(unknown.map(({ name }) => name));
  const resembled = resembledProfile(first.handler);
  const setting =
    resembled === null ? '' : `, or configure policy.handlers: {${first.handler}: {like: ${resembled.name}}}`;
  return finding(
    container,
    `${describeContainer(container)} is Wasm, but wasmgate does not know the handler of ${describeClass(first)}`,
    `If it runs this image, set runtimeClassName to ${names}${setting}.`,
  );
}

function findingsOn(context: PodContext, alone: WasmContainer): readonly Finding[] {
  const what = `${describeImage(alone)}, which no RuntimeClass of this cluster runs`;
  const missing = describeMissingProgram(alone);
  if (missing !== null)
    return [{ id: 'no-runtime-class-for-image', container: alone.container.name, ...missing }];
  if (startsText(alone))
    return finding(alone, what, 'Compile it to a .wasm file: no known handler runs WebAssembly text.');
  if (!isStartable(alone)) return unstartable(alone);
  const byIndex = insteadOfIndex(alone);
  if (byIndex !== null)
    return finding(
      alone,
      `${describeName(alone)}: no RuntimeClass of this cluster loads Wasm through an index`,
      byIndex,
    );
  const [unknown, ...others] = unknownClasses(context);
  if (unknown !== undefined) return undecided(alone, [unknown, ...others]);
  return finding(alone, what, adviceOnClass(context, alone));
}

export const noRuntimeClassForImage: ChoiceRule = {
  id: 'no-runtime-class-for-image',
  why:
    "Without a RuntimeClass, a Wasm image runs on the node's default runtime and cannot start. runc ends in " +
    'StartError, `exec: "/app.wasm": permission denied`, or logs `exec format error`; an artifact without a command ' +
    'ends in `no command specified`.',
  checks: 'The images, and the handlers of all RuntimeClasses.',
  exempts: 'Pods that name a class, Pods without Wasm, and Pods for which wasmgate can choose a class.',
  example: 'A Spin application in a cluster whose only class is crun-wasm.',
  fix:
    'Install a runtime that runs the image, create its RuntimeClass, such as {apiVersion: node.k8s.io/v1, kind: ' +
    'RuntimeClass, metadata: {name: spin}, handler: spin}, and apply again.',
  check: (context) => {
    if (context.isRunnable !== false) return NO_FINDINGS;
    const alone = context.wasmContainers.find((container) => !hasCandidate(context, container));
    return alone === undefined ? NO_FINDINGS : findingsOn(context, alone);
  },
};
