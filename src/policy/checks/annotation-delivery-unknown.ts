import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import { NO_FINDINGS, type Rule, type PolicyContext } from '../check.ts';
import { preferenceOf } from '../choose/candidates.ts';
import { namedEngine } from '../compat-annotation.ts';
import type { Finding } from '../decision.ts';
import { describeClass } from '../describe.ts';
import { runsContainer } from '../handlers/can-run.ts';
import { nodeFeasibility } from '../nodes/node-feasibility.ts';

/** Reports whether the operator lists the class or sets annotationArrives for its handler. */
function isConfirmed(context: PolicyContext): boolean {
  const { resolved, settings } = context;
  if (resolved.profile?.annotationArrives === true) return true;
  return preferenceOf(context, resolved.class) < settings.preferRuntimeClasses.length;
}

/** Reports whether a node lists the handler and so was probably configured for the class. A default runtime proves nothing. */
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

/** Returns the engine that the Pod requires of crun, which no setting confirms; null for `wasm`, which is any engine. */
function unprovenEngine({ pod }: PolicyContext): NamedEngine | null {
  const name = pod.metadata?.annotations?.[HANDLER_ANNOTATION];
  const title = namedEngine(pod);
  return name === undefined || name === 'wasm' || title === null ? null : { name, title };
}

function engineFinding(runtimeClass: RuntimeClass | null, { name, title }: NamedEngine): Finding {
  return {
    id: 'annotation-delivery-unknown',
    container: null,
    detail: `${describeClass(runtimeClass)} runs Wasm only if annotation ${HANDLER_ANNOTATION}: ${name} reaches a crun built with ${title} (+WASM:${name})`,
    advice: `Set ${HANDLER_ANNOTATION}: wasm-smart, which every crun with a Wasm engine accepts.`,
  };
}

/** Returns the annotation that crun reads: the variant only if the handler annotation is absent. */
function annotationOf({ pod }: PolicyContext): string {
  return pod.metadata?.annotations?.[HANDLER_ANNOTATION] === undefined
    ? VARIANT_ANNOTATION
    : HANDLER_ANNOTATION;
}

export const annotationDeliveryUnknown: Rule = {
  id: 'annotation-delivery-unknown',
  why:
    "crun sees a Pod's annotations only if the node's runtime passes them on: pod_annotations in containerd, " +
    'allowed_annotations in CRI-O. Otherwise crun starts the Wasm file as a Linux program, and the container ends in ' +
    'StartError: `exists but it is not executable: Operation not permitted`. An engine named in run.oci.handler also ' +
    'requires a crun that is built with it (`crun --version` shows `+WASM:wasmedge`).',
  checks:
    'Whether the handler of the class reads an annotation, which annotation the Pod has, and whether the operator ' +
    'confirms the class.',
  exempts:
    'Classes or handlers in policy.preferRuntimeClasses, which the operator thereby confirms; handlers with ' +
    'annotationArrives in policy.handlers; handlers that need no annotation. None of these confirms an engine by name.',
  example: 'A Wasm Pod with runtimeClassName: crun in a cluster whose configuration does not mention crun.',
  fix:
    'Set pod_annotations = ["module.wasm.image/*"] for the handler in the configuration of containerd on the nodes. ' +
    'Then configure policy.handlers: {crun: {like: crun, annotationArrives: true}}.',
  check: (context) => {
    const { class: runtimeClass, profile } = context.resolved;
    if (profile?.needsAnnotation !== true) return NO_FINDINGS;
    const outcomes = context.wasmContainers.map((assessed) => runsContainer(profile, assessed).runs);
    const engine = unprovenEngine(context);
    if (engine !== null && outcomes.some((runs) => runs !== 'no'))
      return [engineFinding(runtimeClass, engine)];
    if (isConfirmed(context) || !outcomes.includes('conditional')) return NO_FINDINGS;
    const handler = runtimeClass?.handler ?? '""';
    // Does not advise policy.preferRuntimeClasses, which would prefer the class to those that need no confirmation.
    return [
      {
        id: 'annotation-delivery-unknown',
        container: null,
        detail: `${describeClass(runtimeClass)} runs Wasm only if annotation ${annotationOf(context)} reaches crun`,
        advice: `Set pod_annotations on the nodes, and configure policy.handlers: {${handler}: {like: ${profile.engine}, annotationArrives: true}}.`,
        consequence: isShown(context) ? 'advice' : 'may-not-start',
      },
    ];
  },
};
