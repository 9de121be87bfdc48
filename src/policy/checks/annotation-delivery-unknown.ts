import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import { NO_FINDINGS, type Rule, type PolicyContext } from '../check.ts';
import { preferenceOf } from '../choose/candidates.ts';
import { namedEngine } from '../compat-annotation.ts';
import type { Finding } from '../decision.ts';
import { describeClass } from '../describe.ts';
import { runsContainer } from '../handlers/can-run.ts';
import { nodeFeasibility } from '../nodes/node-feasibility.ts';

/** The operator lists the class or says so of its handler. */
function isVouchedFor(context: PolicyContext): boolean {
  const { resolved, settings } = context;
  if (resolved.profile?.annotationArrives === true) return true;
  return preferenceOf(context, resolved.class) < settings.preferRuntimeClasses.length;
}

/** A node that shows the handler of a class was set up with that class in mind; the default runtime says no such thing. */
function isShown(context: PolicyContext): boolean {
  return (
    context.resolved.class !== null &&
    nodeFeasibility(context, context.resolved.class, context.settings).presence === 'seen'
  );
}

interface NamedEngine {
  /** As the annotation spells it. */
  readonly name: string;
  readonly title: string;
}

/** Which engine crun is built with, the operator cannot vouch for: `wasm`, which stands for any of them, needs no more. */
function unprovenEngine({ pod }: PolicyContext): NamedEngine | null {
  const name = pod.metadata?.annotations?.[HANDLER_ANNOTATION];
  const title = namedEngine(pod);
  return name === undefined || name === 'wasm' || title === null ? null : { name, title };
}

function ofEngine(runtimeClass: RuntimeClass | null, { name, title }: NamedEngine): Finding {
  return {
    id: 'annotation-delivery-unknown',
    container: null,
    detail: `${describeClass(runtimeClass)} runs Wasm only if annotation ${HANDLER_ANNOTATION}: ${name} reaches a crun that is built with ${title} (crun --version shows +WASM:${name}), which the API server does not show`,
    advice: `Use ${HANDLER_ANNOTATION}: wasm-smart, which every build of crun with a Wasm engine takes.`,
  };
}

/** The one that crun goes by: it reads the variant only where the handler annotation is absent. */
function annotationOf({ pod }: PolicyContext): string {
  return pod.metadata?.annotations?.[HANDLER_ANNOTATION] === undefined
    ? VARIANT_ANNOTATION
    : HANDLER_ANNOTATION;
}

export const annotationDeliveryUnknown: Rule = {
  id: 'annotation-delivery-unknown',
  why:
    "crun sees a Pod's annotations only where the node's runtime is set up to hand them on (pod_annotations in containerd, " +
    'allowed_annotations in CRI-O). Where it is not, a Wasm file is started as a Linux program: "exists but it is not ' +
    'executable". The name of an engine in run.oci.handler also needs a crun that is built with that engine.',
  checks:
    'Whether the handler of the class goes by an annotation, which one the Pod has, and whether the operator lists the class.',
  exempts:
    'Classes or handlers in policy.preferRuntimeClasses, by which the operator vouches for them; handlers with ' +
    'annotationArrives in policy.handlers; handlers that need no annotation. None of these vouches for an engine by name.',
  example: 'A Wasm Pod with runtimeClassName: crun in a cluster whose configuration says nothing of crun.',
  fix:
    'Set pod_annotations = ["module.wasm.image/*"] for the handler on the nodes, and say so: ' +
    'policy.handlers: {crun: {like: crun, annotationArrives: true}}.',
  check: (context) => {
    const { class: runtimeClass, profile } = context.resolved;
    if (profile?.needsAnnotation !== true) return NO_FINDINGS;
    const outcomes = context.wasmContainers.map((assessed) => runsContainer(profile, assessed).runs);
    const engine = unprovenEngine(context);
    if (engine !== null && outcomes.some((runs) => runs !== 'no')) return [ofEngine(runtimeClass, engine)];
    if (isVouchedFor(context) || !outcomes.includes('conditional')) return NO_FINDINGS;
    const handler = runtimeClass?.handler ?? '""';
    // Not policy.preferRuntimeClasses, which would put it before classes that need nobody's word.
    return [
      {
        id: 'annotation-delivery-unknown',
        container: null,
        detail: `${describeClass(runtimeClass)} runs Wasm only if annotation ${annotationOf(context)} reaches crun, which the API server does not show`,
        advice: `Set pod_annotations = ["module.wasm.image/*"] for it on the nodes, and say so: policy.handlers: {${handler}: {like: ${profile.engine}, annotationArrives: true}}.`,
        consequence: isShown(context) ? 'advice' : 'may-not-start',
      },
    ];
  },
};
