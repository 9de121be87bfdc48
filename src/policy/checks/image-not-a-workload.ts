// why    Charts, policies, signatures and plugins lie in registries beside images; a Pod that names one never runs.
// reads  every container's verdict.
// allows images.
import type { Check } from '../check.ts';

export const imageNotAWorkload: Check = ({ containers }) =>
  containers.flatMap(({ container, image, verdict }) =>
    verdict.kind === 'not-a-workload'
      ? {
          id: 'image-not-a-workload' as const,
          container: container.name,
          detail: `container "${container.name}": image ${image} is ${verdict.what}, not something a Pod can run`,
          advice: 'Check the reference; wasmgate changed nothing for this container.',
        }
      : [],
  );
