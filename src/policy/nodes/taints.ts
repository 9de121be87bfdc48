import type { Taint, ClusterNode, RuntimeClass } from '../../pod/cluster-objects.ts';
import type { Pod, Toleration } from '../../pod/pod.ts';
import { isWasmContainer, type PodFacts } from '../facts.ts';
import type { PolicySettings } from '../settings.ts';

/** A key that tolerations share if the scheduler reads them alike: no operator is `Equal`, no value or effect the empty one. */
function keyOf({ key, operator, value, effect, tolerationSeconds }: Toleration): string {
  return JSON.stringify([
    key ?? '',
    operator ?? 'Equal',
    value ?? '',
    effect ?? '',
    tolerationSeconds ?? null,
  ]);
}

/** Returns the tolerations that the Pod does not have yet, each once. */
export function missingTolerations({ spec }: Pod, wanted: readonly Toleration[]): readonly Toleration[] {
  const seen = new Set((spec.tolerations ?? []).map(keyOf));
  return wanted.filter((toleration) => {
    const before = seen.size;
    return seen.add(keyOf(toleration)).size > before;
  });
}

const DEFAULTS = {
  /** Of a Pod, held against every taint of every node; operators that write many write a dozen. */
  most: 500,
  /** A 64-bit number has at most 19 digits and a sign. */
  integerLength: 20,
} as const;

/** A whole number as apimachinery validates it (`IsDecimalInteger`): no plus sign, no leading zeros. */
const DECIMAL_INTEGER = /^(?:0|-?[1-9]\d*)$/;

/** Values beyond 64 bits do not compare in Kubernetes. */
function parseInteger(text: string): bigint | null {
  if (!DECIMAL_INTEGER.test(text) || text.length > DEFAULTS.integerLength) return null;
  const number = BigInt(text);
  return BigInt.asIntN(64, number) === number ? number : null;
}

/** Compares the taint's value with the toleration's: `Gt` tolerates a taint of a greater value. */
function compares(operator: 'Lt' | 'Gt', tolerated: string, found: string): boolean {
  const [bound, value] = [parseInteger(tolerated), parseInteger(found)];
  if (bound === null || value === null) return false;
  return operator === 'Lt' ? value < bound : value > bound;
}

function toleratesValue({ operator, value }: Toleration, found: string): boolean {
  switch (operator) {
    case undefined:
    case '':
    case 'Equal':
      return (value ?? '') === found;
    case 'Lt':
    case 'Gt':
      // Behind a feature gate since Kubernetes 1.35; the API server rejects the operator while the gate is off.
      return compares(operator, value ?? '', found);
    default:
      // `Exists`. An operator of a newer Kubernetes may tolerate anything.
      return true;
  }
}

/** Reports whether one of these tolerations lets a Pod onto a node with this taint (core/v1, `ToleratesTaint`). */
export function toleratesTaint(tolerations: readonly Toleration[], { key, value, effect }: Taint): boolean {
  const { most } = DEFAULTS;
  const looked = tolerations.length > most ? tolerations.slice(0, most) : tolerations;
  return looked.some((toleration) => {
    if ((toleration.effect ?? '') !== '' && toleration.effect !== effect) return false;
    if ((toleration.key ?? '') !== '' && toleration.key !== key) return false;
    return toleratesValue(toleration, value ?? '');
  });
}

/** Kubernetes' own taints come and go with a node's state, and some controllers tolerate them by themselves. */
const PASSING = 'node.kubernetes.io/';

function isLasting({ effect, key }: Taint): boolean {
  return (effect === 'NoSchedule' || effect === 'NoExecute') && !key.startsWith(PASSING);
}

/** Returns the taints that keep Pods away for good. */
export function lastingTaints({ taints }: Pick<ClusterNode, 'taints'>): readonly Taint[] {
  return taints.filter(isLasting);
}

/** Those for good that keep a Pod with these tolerations from the node. */
export function blockingTaints(
  { taints }: Pick<ClusterNode, 'taints'>,
  tolerations: readonly Toleration[],
): readonly Taint[] {
  return taints.filter((taint) => isLasting(taint) && !toleratesTaint(tolerations, taint));
}

/**
 * What the Pod will have beside its own: those of its class, which the API server adds, and the operator's, which only Pods
 * with Wasm containers get.
 */
export function tolerationsAtAdmission(
  { tolerations }: Pick<RuntimeClass, 'tolerations'>,
  hasWasm: boolean,
  settings: PolicySettings,
): readonly Toleration[] {
  return [...(tolerations ?? []), ...(hasWasm ? settings.tolerations : [])];
}

/** With its own, which come last: those beyond many are not looked at, and nobody writes as many for a class. */
export function allTolerations(
  { pod, containers }: Pick<PodFacts, 'pod' | 'containers'>,
  runtimeClass: Pick<RuntimeClass, 'tolerations'>,
  settings: PolicySettings,
): readonly Toleration[] {
  const given = tolerationsAtAdmission(runtimeClass, containers.some(isWasmContainer), settings);
  return [...given, ...(pod.spec.tolerations ?? [])];
}

/** `workload=wasm:NoSchedule`, as kubectl writes it. */
export function describeTaint({ key, value, effect }: Taint): string {
  return `${key}${value === undefined || value === '' ? '' : `=${value}`}:${effect}`;
}
