import { VARIANT_ANNOTATION } from '../../pod/names.ts';
import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass } from '../describe.ts';
import { isPreferred, runs } from '../select-runtime-class.ts';

export const annotationDeliveryUnknown: Rule = {
  id: 'annotation-delivery-unknown',
  why:
    "crun sees a Pod's annotations only where the node's runtime is set up to hand them on (pod_annotations in containerd, " +
    'allowed_annotations in CRI-O). Where it is not, a Wasm file is started as a Linux program: "exists but it is not ' +
    'executable".',
  reads: 'Whether the handler of the class goes by the annotation, and whether the operator lists the class.',
  allows:
    'Classes or handlers in policy.preferRuntimeClasses, by which the operator vouches for them; handlers with ' +
    'annotationArrives in policy.handlers; handlers that need no annotation.',
  example: 'A Wasm Pod with runtimeClassName: crun in a cluster whose configuration says nothing of crun.',
  cure:
    'Set pod_annotations = ["module.wasm.image/*"] for the handler on the nodes, and say so: ' +
    'policy.handlers: {crun: {like: crun, annotationArrives: true}}.',
  check: ({ resolved, wasmContainers, settings }) => {
    const { class: runtimeClass, profile } = resolved;
    if (runtimeClass === null || profile?.needsAnnotation !== true) return NO_FINDINGS;
    if (isPreferred(runtimeClass, settings)) return NO_FINDINGS;
    if (!wasmContainers.some((assessed) => runs(profile, assessed).runs === 'conditional'))
      return NO_FINDINGS;
    // Not policy.preferRuntimeClasses, which would put it before classes that need nobody's word.
    return [
      {
        id: 'annotation-delivery-unknown',
        container: null,
        detail: `${describeClass(runtimeClass)} runs Wasm only where annotation ${VARIANT_ANNOTATION} reaches crun, which cannot be seen from here`,
        advice: `If it does, say so and this is not told again: policy.handlers: {${runtimeClass.handler}: {like: ${profile.engine}, annotationArrives: true}}.`,
      },
    ];
  },
};
