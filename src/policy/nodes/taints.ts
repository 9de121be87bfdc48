import type { Taint, ClusterNode, RuntimeClass } from '../../pod/cluster-objects.ts';
import type { Pod, Toleration } from '../../pod/pod.ts';
import { isWasmContainer, type PodFacts } from '../facts.ts';
import type { PolicySettings } from '../settings.ts';

/** Returns a key that tolerations share if they mean the same to the scheduler. */
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

const TOLERATION_LIMITS = {
  /** Tolerations of a Pod, each tested against every taint of every node; real Pods have at most a dozen. */
  tested: 500,
  /** A 64-bit number has at most 19 digits and a sign. */
  integerLength: 20,
} as const;

/** A whole number by apimachinery's rules (`IsDecimalInteger`): no plus sign, no leading zeros. */
const DECIMAL_INTEGER = /^(?:0|-?[1-9]\d*)$/;

/** Parses a whole number; null beyond 64 bits, which Kubernetes does not compare. */
function parseInteger(text: string): bigint | null {
  if (!DECIMAL_INTEGER.test(text) || text.length > TOLERATION_LIMITS.integerLength) return null;
  const number = BigInt(text);
  return BigInt.asIntN(64, number) === number ? number : null;
}

/** Compares values: `Gt` tolerates a taint with a greater value than the toleration's. */
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
  const { tested } = TOLERATION_LIMITS;
  return (tolerations.length > tested ? tolerations.slice(0, tested) : tolerations).some((toleration) => {
    if ((toleration.effect ?? '') !== '' && toleration.effect !== effect) return false;
    if ((toleration.key ?? '') !== '' && toleration.key !== key) return false;
    return toleratesValue(toleration, value ?? '');
  });
}

/** Kubernetes' own taints come and go with a node's state, and some controllers tolerate them on their own. */
const TRANSIENT_PREFIX = 'node.kubernetes.io/';

function isLasting({ effect, key }: Taint): boolean {
  return (effect === 'NoSchedule' || effect === 'NoExecute') && !key.startsWith(TRANSIENT_PREFIX);
}

/** Returns the taints that keep Pods away permanently. */
export function lastingTaints({ taints }: Pick<ClusterNode, 'taints'>): readonly Taint[] {
  return taints.filter(isLasting);
}

/** Returns the permanent taints that keep a Pod with these tolerations off the node. */
export function blockingTaints(
  { taints }: Pick<ClusterNode, 'taints'>,
  tolerations: readonly Toleration[],
): readonly Taint[] {
  return taints.filter((taint) => isLasting(taint) && !toleratesTaint(tolerations, taint));
}

/**
 * Returns the tolerations that a Pod gets besides its own: those of its class, which the API server adds, and the operator's,
 * which only Pods with Wasm containers get.
 */
export function tolerationsAtAdmission(
  { tolerations }: Pick<RuntimeClass, 'tolerations'>,
  hasWasm: boolean,
  settings: PolicySettings,
): readonly Toleration[] {
  return [...(tolerations ?? []), ...(hasWasm ? settings.tolerations : [])];
}

/** Returns all tolerations, the Pod's own last: only the first of very many are tested, and a class never has as many. */
export function allTolerations(
  { pod, containers }: Pick<PodFacts, 'pod' | 'containers'>,
  runtimeClass: Pick<RuntimeClass, 'tolerations'>,
  settings: PolicySettings,
): readonly Toleration[] {
  const given = tolerationsAtAdmission(runtimeClass, containers.some(isWasmContainer), settings);
  return [...given, ...(pod.spec.tolerations ?? [])];
}

/** Formats a taint as kubectl does: `workload=wasm:NoSchedule`. */
export function describeTaint({ key, value, effect }: Taint): string {
  return `${key}${value === undefined || value === '' ? '' : `=${value}`}:${effect}`;
}
