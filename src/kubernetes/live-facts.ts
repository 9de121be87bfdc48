import type { ClusterPort, FactsRequest, UnreadFact, UnreadFactsPort } from '../assess/ports.ts';
import { property, type JsonObject } from '../lib/json.ts';
import { parseNamespace, type LimitRange, type Namespace } from '../pod/cluster-objects.ts';
import { metadataText } from '../pod/object-metadata.ts';
import type { ClusterView } from '../policy/facts.ts';
import type { KubernetesClient } from './client.ts';
import {
  COLLECTIONS,
  listFacts,
  listPages,
  namespacePath,
  resourceOf,
  type CollectionName,
} from './collections.ts';
import { createFixedCluster, type FixedCluster } from './fixed-cluster.ts';
import { isKubernetesError, readOrNull, type KubernetesError } from './kubernetes-error.ts';
import { unreadFact, type Right } from './missing-right.ts';

/** A cluster as it was when it was read, as far as the user may read it. */
export interface LiveFacts extends Pick<FixedCluster, 'cluster' | 'pullSecrets' | 'serviceAccounts'> {
  readonly unread: UnreadFactsPort;
}

export interface LiveFactsOptions {
  /** Objects that win over the cluster's. A kind of which there is one needs no list. */
  readonly given: readonly JsonObject[];
  /** The namespace of given objects that name none. */
  readonly namespace: string;
  /** Called once for each fact that cannot be read. */
  readonly onUnread: (unread: UnreadFact) => void;
}

interface Source {
  readonly client: KubernetesClient;
  readonly signal: AbortSignal;
}

const FACT_NAMES = {
  'runtime classes': 'runtime-classes',
  namespaces: 'namespaces',
  nodes: 'nodes',
  'limit ranges': 'limit-ranges',
} as const satisfies Readonly<Record<CollectionName, UnreadFact['fact']>>;

/** Returns the group of a collection: the part before the version in `/apis/GROUP/VERSION/…`. */
function groupOf(collection: CollectionName): string {
  const [, root, group = ''] = COLLECTIONS[collection].path.split('/');
  return root === 'apis' ? group : '';
}

function unreadOf(
  what: string,
  error: KubernetesError,
  {
    collection,
    ...rest
  }: { readonly collection: CollectionName } & Pick<Right, 'verb' | 'namespace' | 'name'>,
): UnreadFact {
  const right = { group: groupOf(collection), resource: resourceOf(collection), ...rest };
  return unreadFact(error, { fact: FACT_NAMES[collection], what, right });
}

/** What belongs to one namespace, and may be read there only if the lists of all namespaces are forbidden. */
interface NamespaceFacts {
  readonly namespace: Namespace | undefined;
  readonly limitRanges: readonly LimitRange[];
  readonly unread: readonly UnreadFact[];
}

type Read<Item> = { readonly item: Item; readonly unread: readonly UnreadFact[] };

/** @throws any error that is not the API server's */
async function attempt<Item>(
  read: () => Promise<Item>,
  otherwise: { readonly item: Item; readonly describe: (error: KubernetesError) => UnreadFact },
): Promise<Read<Item>> {
  try {
    return { item: await read(), unread: [] };
  } catch (error) {
    if (!isKubernetesError(error)) throw error;
    return { item: otherwise.item, unread: [otherwise.describe(error)] };
  }
}

/** Reads one namespace, which who may not list all of them often may: everyone who has a role in it. */
function readNamespace({ client, signal }: Source, name: string): Promise<Read<Namespace | undefined>> {
  const what = `namespace "${name}"`;
  const call = { action: `read ${what}`, path: namespacePath(name) };
  const read = async (): Promise<Namespace | undefined> => {
    const object = await readOrNull(() => client.request(call, signal));
    return (object && parseNamespace(object)) ?? undefined;
  };
  const right = { collection: 'namespaces', verb: 'get', namespace: name, name } as const;
  return attempt(read, { item: undefined, describe: (error) => unreadOf(what, error, right) });
}

function readLimitRanges(source: Source, namespace: string): Promise<Read<readonly JsonObject[]>> {
  const what = `limit ranges of namespace "${namespace}"`;
  const path = namespacePath(namespace, resourceOf('limit ranges'));
  const { kind } = COLLECTIONS['limit ranges'];
  const read = async (): Promise<readonly JsonObject[]> => {
    const objects: JsonObject[] = [];
    await listPages(source, { what, path }, (object) => objects.push({ ...object, kind }));
    return objects;
  };
  const right = { collection: 'limit ranges', verb: 'list', namespace } as const;
  return attempt(read, { item: [], describe: (error) => unreadOf(what, error, right) });
}

function kindOf(object: JsonObject): unknown {
  return property(object, 'kind');
}

/**
 * Lists the facts about a cluster. What a user may not list for all namespaces is read for each namespace when `prepare` names it.
 * @throws KubernetesError if the cluster does not answer
 */
export async function readLiveFacts(client: KubernetesClient, options: LiveFactsOptions): Promise<LiveFacts> {
  const { given, namespace: usual, onUnread } = options;
  const source = { client, signal: new AbortController().signal };
  const { objects, failed } = await listFacts(client, source.signal);
  const fixed = createFixedCluster([...objects, ...given], usual);
  const hasGiven = (kind: string): boolean => given.some((object) => kindOf(object) === kind);

  const ofCluster = (['runtime classes', 'nodes'] as const).flatMap((collection): readonly UnreadFact[] => {
    const error = failed.get(collection);
    if (error === undefined || hasGiven(COLLECTIONS[collection].kind)) return [];
    return [unreadOf(collection, error, { collection, verb: 'list', namespace: null })];
  });
  ofCluster.forEach(onUnread);

  async function readMissing(name: string): Promise<NamespaceFacts> {
    const known = fixed.cluster.namespace(name);
    const needsNamespace = failed.has('namespaces') && known === undefined;
    const givenRanges = given.filter(
      (object) =>
        kindOf(object) === COLLECTIONS['limit ranges'].kind &&
        (metadataText(object, 'namespace') || usual) === name,
    );
    const needsRanges = failed.has('limit ranges') && givenRanges.length === 0;
    const [namespace, ranges] = await Promise.all([
      needsNamespace ? readNamespace(source, name) : { item: known, unread: [] },
      needsRanges ? readLimitRanges(source, name) : { item: givenRanges, unread: [] },
    ]);
    const unread = [...namespace.unread, ...ranges.unread];
    unread.forEach(onUnread);
    const { limitRanges } = createFixedCluster(ranges.item, usual).cluster.view();
    return { namespace: namespace.item, limitRanges: limitRanges(name), unread };
  }

  const read = new Map<string, NamespaceFacts>();
  const reading = new Map<string, Promise<void>>();
  const view: ClusterView = failed.has('limit ranges')
    ? Object.freeze({
        ...fixed.cluster.view(),
        limitRanges: (name: string) => read.get(name)?.limitRanges ?? [],
      })
    : fixed.cluster.view();
  const cluster: ClusterPort = {
    ...fixed.cluster,
    view: () => view,
    fetchView: () => Promise.resolve(view),
    namespace: (name) => read.get(name)?.namespace ?? fixed.cluster.namespace(name),
  };
  const needsMore = failed.has('namespaces') || failed.has('limit ranges');

  return {
    ...fixed,
    cluster,
    unread: {
      prepare: (name) => {
        if (!needsMore) return Promise.resolve();
        const known = reading.get(name) ?? readMissing(name).then((facts) => void read.set(name, facts));
        reading.set(name, known);
        return known;
      },
      about: ({ namespace }: FactsRequest) => [...ofCluster, ...(read.get(namespace)?.unread ?? [])],
    },
  };
}
