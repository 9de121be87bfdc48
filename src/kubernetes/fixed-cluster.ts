import type { ClusterPort, ServiceAccountsPort } from '../assess/ports.ts';
import { EMPTY_KEYRING, joinKeyrings } from '../credentials/credential.ts';
import type { PullSecretsPort } from '../images/ports.ts';
import { property, type JsonObject } from '../lib/json.ts';
import { parseLimitRange, parseNamespace, parseNode, parseRuntimeClass } from '../pod/cluster-objects.ts';
import { metadataText } from '../pod/object-metadata.ts';
import { pullSecretsOfAccount } from '../pod/pull-secret-names.ts';
import { createClusterView } from './cluster.ts';
import { parseSecret } from './parse-secret.ts';

/** A cluster made of given objects, which never changes. It has every port of a live one. */
export interface FixedCluster {
  readonly cluster: ClusterPort;
  readonly pullSecrets: PullSecretsPort;
  readonly serviceAccounts: ServiceAccountsPort;
  readonly hasRuntimeClasses: boolean;
}

/** Returns the key of an object, in the given namespace if its manifest names none, as for kubectl. */
function keyOf(object: JsonObject, namespace: string): string {
  const own = metadataText(object, 'namespace');
  return `${own === '' ? namespace : own}/${metadataText(object, 'name')}`;
}

/** Indexes by `namespace/name`; the last one of a name wins. */
function byName(objects: readonly JsonObject[], kind: string, namespace: string) {
  const found = objects.filter((object) => property(object, 'kind') === kind);
  return new Map(found.map((object) => [keyOf(object, namespace), object]));
}

/** @param namespace the namespace of objects that name none */
export function createFixedCluster(objects: readonly JsonObject[], namespace: string): FixedCluster {
  const parsed = <Item>(kind: string, parse: (object: JsonObject) => Item | null): readonly Item[] =>
    [...byName(objects, kind, namespace).values()].flatMap((object) => parse(object) ?? []);
  const inNamespace = (object: JsonObject): JsonObject => ({
    ...object,
    metadata: { namespace, ...(property(object, 'metadata') as object | undefined) },
  });
  const classes = parsed('RuntimeClass', parseRuntimeClass);
  const limitRanges = parsed('LimitRange', (object) => parseLimitRange(inNamespace(object)));
  const view = createClusterView(classes, parsed('Node', parseNode), limitRanges);
  const namespaces = new Map(parsed('Namespace', parseNamespace).map((found) => [found.name, found]));
  const secrets = byName(objects, 'Secret', namespace);
  const accounts = byName(objects, 'ServiceAccount', namespace);

  return {
    cluster: {
      view: () => view,
      hasStaleClasses: () => false,
      fetchView: () => Promise.resolve(view),
      namespace: (name) => namespaces.get(name),
      fetchNamespace: (name) => Promise.resolve(namespaces.get(name)),
    },
    pullSecrets: {
      read: (space, names) =>
        Promise.resolve(
          joinKeyrings(
            names.map((name) => {
              const secret = secrets.get(`${space}/${name}`);
              return secret === undefined ? EMPTY_KEYRING : parseSecret(secret, `secret ${space}/${name}`);
            }),
          ),
        ),
      forget: () => undefined,
    },
    serviceAccounts: {
      pullSecrets: (space, name) => {
        const account = accounts.get(`${space}/${name}`);
        return Promise.resolve(account === undefined ? [] : pullSecretsOfAccount(account));
      },
    },
    hasRuntimeClasses: classes.length > 0,
  };
}
