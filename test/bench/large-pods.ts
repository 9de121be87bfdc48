import { evaluate } from '../../src/policy/evaluate.ts';
import { linux } from '../support/image-facts.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings } from '../support/pods.ts';
import { median } from './process-figures.ts';

const DEFAULTS = {
  /** As many as wasmgate looks at in one Pod. */
  containers: 256,
  /** What Kubernetes supports in one cluster. */
  nodes: 5000,
  classes: 1000,
  decisions: 9,
} as const;

/** How long the decision about one Pod of very many containers takes in a large cluster. */
export interface LargePod {
  readonly name: string;
  readonly milliseconds: number;
}

interface Size {
  readonly nodes: number;
  readonly classes: number;
}

function viewOf({ nodes, classes }: Size) {
  return cluster(
    Array.from({ length: classes }, (_, index) => runtimeClass(`class-${index}`, { handler: 'wasmtime' })),
    Array.from({ length: nodes }, (_, index) => node(`node-${index}`, { handlers: ['runc', 'wasmtime'] })),
  );
}

function measure(name: string, size: Size): LargePod {
  const view = viewOf(size);
  const policy = settings();
  const containers = Array.from({ length: DEFAULTS.containers }, () => ({ image: 'app' }));
  const times = Array.from({ length: DEFAULTS.decisions }, () => {
    const facts = podFacts(pod({ containers }), { app: linux('/app.wasm') }, view);
    const started = performance.now();
    const { changes } = evaluate(facts, policy);
    if (changes.length < DEFAULTS.containers) throw new Error('Cannot call this decided: limits are missing');
    return performance.now() - started;
  });
  return { name, milliseconds: median(times) };
}

/** Measures in this process what no admission per second shows: one Pod that keeps all others waiting. */
export function measureLargePods(): readonly LargePod[] {
  const { nodes, classes, containers } = DEFAULTS;
  return [
    measure(`${nodes} nodes x ${containers} containers`, { nodes, classes: 1 }),
    measure(`${classes} classes x ${containers} containers`, { nodes: 1, classes }),
  ];
}
