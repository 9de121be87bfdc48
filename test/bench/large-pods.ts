import { evaluate } from '../../src/policy/evaluate.ts';
import { linux } from '../support/image/image-facts.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';
import { median } from './process-figures.ts';

const DEFAULTS = {
  /** The most containers that wasmgate judges in one Pod. */
  containers: 256,
  /** What Kubernetes supports in one cluster. */
  nodes: 5000,
  classes: 1000,
  decisions: 9,
} as const;

/** The duration of one decision about a Pod with very many containers in a large cluster. */
export interface LargePod {
  readonly name: string;
  readonly milliseconds: number;
}

/** Handlers of a cluster with one class of each kind. */
const HANDLERS = [
  'crun',
  'crun-wasm',
  'lunatic',
  'runc',
  'slight',
  'spin',
  'wamr',
  'wasm',
  'wasmedge',
  'wasmer',
  'wasmtime',
  'wws',
];

interface Size {
  readonly nodes: number;
  readonly classes: number;
  /** Handlers of the classes, in turn. */
  readonly handlers?: readonly string[];
  /** Classes with different selectors share no trial. */
  readonly isDistinct?: boolean;
  readonly containers?: number;
  readonly runtimeClassName?: string;
  /** A new view of the cluster, for which nothing is cached. */
  readonly isCold?: boolean;
}

function viewOf({ nodes, classes, handlers = ['wasmtime'], isDistinct = false }: Size) {
  return cluster(
    Array.from({ length: classes }, (_, index) =>
      runtimeClass(`class-${index}`, {
        handler: handlers[index % handlers.length] ?? '',
        nodeSelector: isDistinct ? { kind: `${index}` } : null,
      }),
    ),
    Array.from({ length: nodes }, (_, index) =>
      node(`node-${index}`, { handlers: ['runc', ...handlers], labels: { kind: '0' } }),
    ),
  );
}

function measure(name: string, size: Size): LargePod {
  const { containers: count = DEFAULTS.containers, runtimeClassName = null, isCold = false } = size;
  const warm = viewOf(size);
  const policy = settings();
  const containers = Array.from({ length: count }, () => ({ image: 'app' }));
  const times = Array.from({ length: DEFAULTS.decisions }, () => {
    const view = isCold ? viewOf(size) : warm;
    const subject = pod({ containers, spec: { runtimeClassName } });
    const facts = podFacts(subject, { app: linux('/app.wasm') }, view);
    const started = performance.now();
    const { changes, findings } = evaluate(facts, policy);
    if (changes.length + findings.length < count)
      throw new Error('Cannot call this decided: limits are missing');
    return performance.now() - started;
  });
  return { name, milliseconds: median(times) };
}

/** Measures in this process what a rate does not show: one Pod that delays all others. */
export function measureLargePods(): readonly LargePod[] {
  const { nodes, classes, containers } = DEFAULTS;
  return [
    measure(`${nodes} nodes x ${containers} containers`, { nodes, classes: 1 }),
    measure(`${classes} classes x ${containers} containers`, { nodes: 1, classes }),
    measure(`${classes} kinds of class x ${containers} containers`, {
      nodes: 1,
      classes,
      handlers: HANDLERS,
      isDistinct: true,
    }),
    measure('the same, for a Pod that names one that cannot run it', {
      nodes: 1,
      classes,
      handlers: HANDLERS,
      isDistinct: true,
      runtimeClassName: 'class-4',
    }),
    measure(`${HANDLERS.length} kinds of class x 1 container, warm`, {
      nodes: 1,
      classes: HANDLERS.length,
      handlers: HANDLERS,
      containers: 1,
    }),
    measure(`${HANDLERS.length} kinds of class x 1 container, cold`, {
      nodes: 1,
      classes: HANDLERS.length,
      handlers: HANDLERS,
      containers: 1,
      isCold: true,
    }),
  ];
}
