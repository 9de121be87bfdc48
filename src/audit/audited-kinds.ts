import { SPIN_APP } from '../pod/spin-app.ts';
import { WORKLOAD_KINDS, type GroupKind } from '../pod/workloads.ts';
import type { ServedKind } from './ports.ts';

export const POD: ServedKind = { group: '', version: 'v1', kind: 'Pod', resource: 'pods' };

export const NAMESPACE: ServedKind = { group: '', version: 'v1', kind: 'Namespace', resource: 'namespaces' };

/** Kinds without a template of their own, between a workload and what it owns: a Knative Service owns its Deployments by them. */
const LINK_KINDS: readonly GroupKind[] = [
  { group: 'serving.knative.dev', kind: 'Configuration' },
  { group: 'serving.knative.dev', kind: 'Revision' },
];

export const LISTED_KINDS: readonly GroupKind[] = [...WORKLOAD_KINDS, ...LINK_KINDS, SPIN_APP];

/** Kinds that others own, in the order of the chain. All others come before. */
const OWNED_LAST = ['Configuration', 'Revision', 'Deployment', 'CronJob', 'Job', 'ReplicaSet'];

/**
 * The kinds whose controllers make objects of a kind, from a template that both share. Any other controller is an author's claim,
 * as are cycles: the object has a template of its own, which is judged.
 */
const MAKERS: Readonly<Record<string, readonly string[]>> = {
  'apps/ReplicaSet': ['apps/Deployment', 'argoproj.io/Rollout'],
  'batch/Job': ['batch/CronJob', 'keda.sh/ScaledJob', 'apps.kruise.io/AdvancedCronJob'],
  'apps.kruise.io/BroadcastJob': ['apps.kruise.io/AdvancedCronJob'],
  'apps/Deployment': ['core.spinkube.dev/SpinApp', 'serving.knative.dev/Revision'],
  'serving.knative.dev/Revision': ['serving.knative.dev/Configuration'],
  'serving.knative.dev/Configuration': ['serving.knative.dev/Service'],
};

function nameOf({ group, kind }: GroupKind): string {
  return `${group}/${kind}`;
}

const LINKS = new Set(LINK_KINDS.map(nameOf));
const WORKLOADS = new Set(WORKLOAD_KINDS.map(nameOf));

export function isLink(kind: GroupKind): boolean {
  return LINKS.has(nameOf(kind));
}

export function isWorkload(kind: GroupKind): boolean {
  return WORKLOADS.has(nameOf(kind));
}

/** Reports whether the controller of an object can have made it. */
export function isMaker(controller: GroupKind, made: GroupKind): boolean {
  return MAKERS[nameOf(made)]?.includes(nameOf(controller)) === true;
}

function rank({ kind }: ServedKind): number {
  return OWNED_LAST.indexOf(kind);
}

/** Sorts owners before what they own, so that one pass finds the owner of each object. */
export function ownersFirst(kinds: readonly ServedKind[]): readonly ServedKind[] {
  return kinds.toSorted((one, other) => rank(one) - rank(other));
}
