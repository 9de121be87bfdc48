import type { PodRule } from '../check.ts';

export const imageNotAWorkload: PodRule = {
  id: 'image-not-a-workload',
  why:
    'Charts, policies, signatures and plugins lie in registries beside images; a Pod that names one never ' +
    'runs.',
  reads: "What every container's image is.",
  allows: 'Images, whether of Linux programs or of Wasm.',
  example: 'A container whose image is a proxy-wasm plugin for a service mesh, or a Helm chart.',
  cure: 'Correct the reference: name the image that holds the program.',
  check: ({ containers }) =>
    containers.flatMap(({ container, image, verdict }) =>
      verdict.kind === 'not-a-workload'
        ? {
            id: 'image-not-a-workload' as const,
            container: container.name,
            detail: `container "${container.name}": image ${image} is ${verdict.what}, not something a Pod can run`,
            advice: 'Check the reference; wasmgate changed nothing for this container.',
          }
        : [],
    ),
};
