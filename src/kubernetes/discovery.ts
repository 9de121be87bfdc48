import type { ServedKind } from '../audit/ports.ts';
import { child, objectList, property, stringOr, type JsonObject } from '../lib/json.ts';
import type { GroupKind } from '../pod/workloads.ts';
import type { KubernetesClient } from './client.ts';
import { readOrNull } from './kubernetes-error.ts';

function versionOf(entry: JsonObject): string {
  return stringOr(property(entry, 'version'), '');
}

/** Returns the versions of each group, the preferred one first. */
function parseGroups(groups: JsonObject): ReadonlyMap<string, readonly string[]> {
  return new Map(
    objectList(property(groups, 'groups')).map((group) => {
      const preferred = versionOf(child(group, 'preferredVersion'));
      const versions = [preferred, ...objectList(property(group, 'versions')).map(versionOf)];
      return [stringOr(property(group, 'name'), ''), [...new Set(versions)].filter((name) => name !== '')];
    }),
  );
}

/** Returns the plurals by kind. Subresources such as `deployments/scale` name a kind of their own. */
function parseResources(list: JsonObject): ReadonlyMap<string, string> {
  return new Map(
    objectList(property(list, 'resources'))
      .map((entry) => [stringOr(property(entry, 'kind'), ''), stringOr(property(entry, 'name'), '')] as const)
      .filter(([, name]) => name !== '' && !name.includes('/')),
  );
}

/** Returns the path of a group and version: `/api/v1`, `/apis/apps/v1`. */
export function pathOfVersion({ group, version }: Pick<ServedKind, 'group' | 'version'>): string {
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

interface Discovery {
  readonly client: KubernetesClient;
  readonly signal: AbortSignal;
}

/** Finds kinds of one group. The preferred version need not serve all of them: Kruise has kinds in its older version only. */
async function findInGroup(
  { client, signal }: Discovery,
  { group, versions }: { readonly group: string; readonly versions: readonly string[] },
  kinds: readonly string[],
): Promise<readonly ServedKind[]> {
  const found = new Map<string, ServedKind>();
  for (const version of versions) {
    if (kinds.every((kind) => found.has(kind))) break;
    const call = { action: `list kinds of ${group || 'v1'}`, path: pathOfVersion({ group, version }) };
    // A group that was deleted meanwhile serves nothing.
    const list = await readOrNull(() => client.request(call, signal));
    const resources = list === null ? new Map<string, string>() : parseResources(list);
    for (const kind of kinds) {
      const resource = resources.get(kind);
      if (resource !== undefined && !found.has(kind)) found.set(kind, { group, version, kind, resource });
    }
  }
  return [...found.values()];
}

/**
 * Finds which kinds the API server serves, and in which version. It reads the lists of the groups in question only.
 * @throws KubernetesError
 */
export async function findServedKinds(
  discovery: Discovery,
  wanted: readonly GroupKind[],
): Promise<readonly ServedKind[]> {
  const { client, signal } = discovery;
  const groups = parseGroups(await client.request({ action: 'list API groups', path: '/apis' }, signal));
  const byGroup = Map.groupBy(wanted, ({ group }) => group);
  const found = await Promise.all(
    [...byGroup].map(([group, members]) => {
      const versions = group === '' ? ['v1'] : (groups.get(group) ?? []);
      const kinds = members.map(({ kind }) => kind);
      return findInGroup(discovery, { group, versions }, kinds);
    }),
  );
  return found.flat();
}
