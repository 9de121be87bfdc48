import type { PodRule, PodContext } from '../check.ts';
import type { AssessedContainer } from '../facts.ts';
import {
  ARCHITECTURE_LABEL,
  isKrustletModule,
  KRUSTLET_ARCHITECTURE,
  lacksKrustletSelector,
} from '../krustlet.ts';

interface Words {
  readonly why: string;
  readonly advice: string;
}

const FOR_KRUSTLETS: Words = {
  why: 'which runs on krustlets only. The Pod tolerates the taint of a krustlet and does not select one',
  advice: `Set nodeSelector: {${ARCHITECTURE_LABEL}: ${KRUSTLET_ARCHITECTURE}}; wasmgate then adds the tolerations of current krustlets.`,
};

const FOR_NO_NODE: Words = {
  why: 'not something a Pod can run',
  advice: 'Check the reference; wasmgate changed nothing for this container.',
};

function wordsFor({ pod }: PodContext, assessed: AssessedContainer): Words {
  return isKrustletModule(assessed) && lacksKrustletSelector(pod) ? FOR_KRUSTLETS : FOR_NO_NODE;
}

export const imageNotAWorkload: PodRule = {
  id: 'image-not-a-workload',
  why:
    'Charts, policies, signatures and plugins lie in registries beside images; a Pod that names one never ' +
    'runs.',
  checks: "What every container's image is.",
  exempts:
    'Images, whether of Linux programs or of Wasm; modules as wasm-to-oci pushes them in Pods that select a krustlet.',
  example: 'A container whose image is a proxy-wasm plugin for a service mesh, or a Helm chart.',
  fix: 'Correct the reference: name the image that holds the program.',
  check: (context) =>
    context.containers.flatMap((assessed) => {
      const { container, image, verdict } = assessed;
      if (verdict.kind !== 'not-a-workload') return [];
      const { why, advice } = wordsFor(context, assessed);
      return {
        id: 'image-not-a-workload' as const,
        container: container.name,
        detail: `container "${container.name}": image ${image} is ${verdict.what}, ${why}`,
        advice,
      };
    }),
};
