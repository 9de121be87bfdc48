// why    Without a RuntimeClass a Wasm image lands on the node's default runtime, where it cannot start.
// reads  the images' verdicts and the handlers of all RuntimeClasses.
// allows Pods that name a class, Pods without Wasm, and Pods for which a class can be chosen.
import type { AssessedContainer } from '../facts.ts';
import { alternatives, describeContainer } from '../describe.ts';
import { NO_FINDINGS, type Check } from '../check.ts';
import type { PolicyContext } from '../context.ts';
import { HANDLER_PROFILES } from '../handler-profiles.ts';
import { profileOf } from '../handlers.ts';
import { capableClasses, runs } from '../select-runtime-class.ts';

/** Handlers that would run this one container, unconditional ones first. */
function handlersFor(container: AssessedContainer): readonly string[] {
  const outcomes = HANDLER_PROFILES.map((profile) => ({
    name: profile.name,
    outcome: runs(profile, container).runs,
  }));
  return ['yes', 'conditional'].flatMap((wanted) =>
    outcomes.filter(({ outcome }) => outcome === wanted).map(({ name }) => name),
  );
}

/** Classes whose handler wasmgate cannot judge: the user may know better. */
function undecidedClasses({ cluster }: PolicyContext, container: AssessedContainer): readonly string[] {
  return cluster.runtimeClasses
    .filter(({ handler }) => {
      const profile = profileOf(handler);
      return profile === null || runs(profile, container).runs !== 'no';
    })
    .map(({ name }) => name);
}

function adviceFor(context: PolicyContext, container: AssessedContainer): string {
  const [handler] = handlersFor(container);
  const undecided = undecidedClasses(context, container);
  const name =
    undecided.length > 0
      ? ` If ${alternatives(undecided)} runs it all the same, name it in spec.runtimeClassName.`
      : '';
  if (handler === undefined) return `No known handler runs this image; build it in another form.${name}`;
  const manifest = `{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: ${handler}}, handler: ${handler}}`;
  return `Install a runtime such as ${handler} on a node and create its class: ${manifest}.${name}`;
}

export const noRuntimeClassForImage: Check = (context) => {
  const { pod, resolved, wasmContainers, containers, cluster, settings } = context;
  if (pod.spec.runtimeClassName || resolved.class !== null) return NO_FINDINGS;
  // Where classes would run every container and yet none was chosen, other rules say what stands in the way.
  if (capableClasses(cluster, containers, settings).length > 0) return NO_FINDINGS;
  const alone = wasmContainers.find(
    (container) => capableClasses(cluster, [container], settings).length === 0,
  );
  if (alone === undefined) return NO_FINDINGS;
  return [
    {
      id: 'no-runtime-class-for-image',
      container: alone.container.name,
      detail: `${describeContainer(alone)} needs a RuntimeClass, and none of this cluster's classes can run it`,
      advice: adviceFor(context, alone),
    },
  ];
};
