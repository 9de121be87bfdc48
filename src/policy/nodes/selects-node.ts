import type { ClusterNode } from '../../pod/cluster-objects.ts';
import { nodeOfDaemonPod } from '../../pod/daemon-set.ts';
import type { NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, StringMap } from '../../pod/pod.ts';

export function matchesSelector(labels: StringMap, selector: StringMap | null | undefined): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);
}

/** Gt and Lt compare whole numbers; a label that is none matches neither (apimachinery pkg/labels/selector.go). */
function compare(value: string | undefined, bound: string | undefined): number | null {
  const [left, right] = [value, bound].map((text) =>
    /^-?\d+$/.test(text ?? '') ? Number(text) : Number.NaN,
  );
  return left === undefined || right === undefined || Number.isNaN(left) || Number.isNaN(right)
    ? null
    : Math.sign(left - right);
}

function meets({ operator, values }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values?.includes(value) === true;
    case 'NotIn':
      return value === undefined || values?.includes(value) !== true;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return compare(value, values?.[0]) === 1;
    case 'Lt':
      return compare(value, values?.[0]) === -1;
    case undefined:
    default:
      // Of a newer Kubernetes: nothing is concluded from what is not known.
      return true;
  }
}

/** A term without any requirement matches no node (kubectl explain pod.spec.affinity.nodeAffinity). */
function matchesTerm({ matchExpressions, matchFields }: NodeSelectorTerm, node: ClusterNode): boolean {
  const [expressions, fields] = [matchExpressions ?? [], matchFields ?? []];
  return (
    expressions.length + fields.length > 0 &&
    expressions.every((requirement) => meets(requirement, node.labels[requirement.key ?? ''])) &&
    fields.every((requirement) => requirement.key !== 'metadata.name' || meets(requirement, node.name))
  );
}

function requiredTerms({ affinity }: PodSpec): readonly NodeSelectorTerm[] | null {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? null;
}

/** Whether the Pod itself says anything of where it may run. */
export function hasOwnSelection({ spec }: Pod): boolean {
  return Boolean(spec.nodeName) || Boolean(spec.nodeSelector) || requiredTerms(spec) !== null;
}

/** The name of the only node that the Pod can select; null where there may be others. */
export function onlyNodeOf(spec: PodSpec): string | null {
  if (spec.nodeName) return spec.nodeName;
  const terms = requiredTerms(spec);
  return terms?.length === 1 ? nodeOfDaemonPod(spec) : null;
}

/** Whether the Pod's own fields let it onto this node: its binding, nodeSelector and required node affinity. */
export function selectsNode({ spec }: Pod, node: ClusterNode): boolean {
  if (spec.nodeName) return spec.nodeName === node.name;
  const terms = requiredTerms(spec);
  return (
    matchesSelector(node.labels, spec.nodeSelector) &&
    (terms === null || terms.some((term) => matchesTerm(term, node)))
  );
}
