import type { UnreadFact } from '../assess/ports.ts';
import { resourceName } from '../pod/object-metadata.ts';
import type { KubernetesError } from './kubernetes-error.ts';

/** A right as RBAC grants it. */
export interface Right {
  readonly verb: 'get' | 'list';
  /** Empty for the core group. */
  readonly group: string;
  /** The plural, such as `runtimeclasses`. */
  readonly resource: string;
  /** Null for all namespaces, and for what has none. */
  readonly namespace: string | null;
  /** A single object; absent for all of them. */
  readonly name?: string;
}

function ruleOf({ verb, group, resource, name }: Right): string {
  const names = name === undefined ? '' : `resourceNames: ["${name}"], `;
  return `{apiGroups: ["${group}"], resources: ["${resource}"], ${names}verbs: ["${verb}"]}`;
}

/** Names the right, and the rule that grants it. */
function describeMissingRight(right: Right): string {
  const { verb, namespace, name } = right;
  const what = `${verb} ${resourceName(right)}${name === undefined ? '' : ` "${name}"`}`;
  const [where, role] =
    namespace === null ? ['', 'a ClusterRole'] : [` in namespace "${namespace}"`, 'a Role there'];
  return `The right to ${what}${where} is missing. This rule in ${role} grants it: ${ruleOf(right)}.`;
}

/** Says what to do about a read that failed. */
export function adviseOnFailedRead({ code, advice }: KubernetesError, right: Right): string {
  if (code === 'forbidden') return describeMissingRight(right);
  return advice ?? 'Try again.';
}

/** Describes a fact that could not be read, with what to do about it. */
export function unreadFact(
  error: KubernetesError,
  { fact, what, right }: Pick<UnreadFact, 'fact' | 'what'> & { readonly right: Right },
): UnreadFact {
  return { fact, what, message: error.message, advice: adviseOnFailedRead(error, right) };
}
