import { stringOr } from '../../lib/json.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import { WORKLOAD_KINDS } from '../../pod/workloads.ts';
import { isFact } from './facts.ts';
import type { Manifest } from './manifests.ts';

/** Groups that nobody adds kinds to; in any other, a kind that resembles one of these is somebody's own. */
const CLOSED_GROUPS: ReadonlySet<string> = new Set(['', 'apps', 'batch']);

const JUDGED = [{ group: '', kind: 'Pod' }, ...WORKLOAD_KINDS].filter(({ group }) =>
  CLOSED_GROUPS.has(group),
);
const NAMES = JUDGED.map(({ kind }) => kind);

/** What is wrong with a kind that has a typing error in it, or the apiVersion of another; null where it is meant as it is. */
export function misspeltKind(manifest: Manifest): string | null {
  const { group, kind, object } = manifest;
  if (!CLOSED_GROUPS.has(group) || isFact(manifest)) return null;
  const nearest = nearestName(kind, NAMES);
  const meant = JUDGED.find((candidate) => candidate.kind === nearest);
  if (meant === undefined) return null;
  const right = meant.group === '' ? 'v1' : `${meant.group}/v1`;
  const written = stringOr(object['apiVersion'], '');
  const hint = meant.group === group ? `"${meant.kind}"` : `"${meant.kind}" with apiVersion ${right}`;
  return `there is no kind "${kind}" in ${written}. Did you mean ${hint}?`;
}
