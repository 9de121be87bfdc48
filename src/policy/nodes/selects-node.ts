import type { ClusterNode } from '../../pod/cluster-objects.ts';
import type { NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, StringMap } from '../../pod/pod.ts';
import { nodeOfDaemonPod } from '../../pod/workloads.ts';

/** Terms, requirements and values of one Pod's affinity, each tested against every node; real Pods have a handful. */
const MAX_AFFINITY = 500;

export function matchesSelector(labels: StringMap, selector: StringMap | null | undefined): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);
}

/** Compares whole numbers for Gt and Lt; null for any other label, which matches neither (apimachinery pkg/labels/selector.go). */
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
      // An operator of a newer Kubernetes may match any node.
      return true;
  }
}

/** Matches a term. One without requirements matches no node (kubectl explain pod.spec.affinity.nodeAffinity). */
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

function countOf({ matchExpressions, matchFields }: NodeSelectorTerm): number {
  return [...(matchExpressions ?? []), ...(matchFields ?? [])].reduce(
    (count, { values }) => count + 1 + (values?.length ?? 0),
    1,
  );
}

/** Returns the required terms. An affinity too large to test without delaying other requests counts as matching every node. */
function readableTerms(spec: PodSpec): readonly NodeSelectorTerm[] | null {
  const terms = requiredTerms(spec);
  const count = terms?.reduce((sum, term) => sum + countOf(term), 0) ?? 0;
  return count > MAX_AFFINITY ? null : terms;
}

/** Reports whether the Pod itself restricts where it may run. */
export function hasOwnSelection({ spec }: Pod): boolean {
  return Boolean(spec.nodeName) || Boolean(spec.nodeSelector) || requiredTerms(spec) !== null;
}

/** Returns the name of the only node that the Pod can select; null if there may be others. */
export function onlyNodeOf(spec: PodSpec): string | null {
  if (spec.nodeName) return spec.nodeName;
  const terms = requiredTerms(spec);
  return terms?.length === 1 ? nodeOfDaemonPod(spec) : null;
}

/** Returns a test of the Pod's own fields against a node: binding, nodeSelector and required node affinity. */
export function nodeSelection({ spec }: Pod): (node: ClusterNode) => boolean {
  const { nodeName, nodeSelector } = spec;
  if (nodeName) return ({ name }) => name === nodeName;
  const wanted = Object.entries(nodeSelector ?? {});
  const terms = readableTerms(spec);
  return (node) =>
    wanted.every(([key, value]) => node.labels[key] === value) &&
    (terms === null || terms.some((term) => matchesTerm(term, node)));
}
