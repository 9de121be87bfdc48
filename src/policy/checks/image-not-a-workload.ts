import type { PodRule, PodContext } from '../check.ts';
import { describeImage } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import {
  ARCHITECTURE_LABEL,
  isKrustletModule,
  KRUSTLET_ARCHITECTURE,
  lacksKrustletSelector,
} from '../krustlet.ts';

interface Text {
  readonly why: string;
  readonly advice: string;
}

const FOR_KRUSTLETS: Text = {
  why: 'which runs on krustlets only, and the Pod selects none',
  advice: `Set nodeSelector: {${ARCHITECTURE_LABEL}: ${KRUSTLET_ARCHITECTURE}}; wasmgate adds the tolerations.`,
};

const FOR_NO_NODE: Text = {
  why: 'which a Pod cannot run',
  advice: 'Correct the image reference.',
};

function textFor({ pod }: PodContext, assessed: AssessedContainer): Text {
  return isKrustletModule(assessed) && lacksKrustletSelector(pod) ? FOR_KRUSTLETS : FOR_NO_NODE;
}

export const imageNotAWorkload: PodRule = {
  id: 'image-not-a-workload',
  why:
    'Registries hold charts, policies, signatures and plugins beside images. A Pod that names one never runs: most ' +
    'have no entrypoint and end in CreateContainerError, `no command specified`.',
  checks: 'The kind of every image.',
  exempts:
    'Images of Linux programs and of Wasm; modules that wasm-to-oci pushed, in Pods that select a krustlet.',
  example: 'A container whose image is a proxy-wasm plugin for a service mesh, or a Helm chart.',
  fix: 'Correct the reference: name the image that holds the program.',
  check: (context) =>
    context.containers.flatMap((assessed) => {
      const { container, verdict } = assessed;
      if (verdict.kind !== 'not-a-workload') return [];
      const { why, advice } = textFor(context, assessed);
      return {
        id: 'image-not-a-workload' as const,
        container: container.name,
        detail: `${describeImage(assessed)}, ${why}`,
        advice,
      };
    }),
};
