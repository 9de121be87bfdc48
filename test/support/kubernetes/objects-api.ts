import { COLLECTIONS } from '../../../src/kubernetes/collections.ts';
import { errorStatus, json, type Step } from './scripted-api.ts';

/** An object as in a manifest. */
export interface ServedObject {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const RESOURCES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.values(COLLECTIONS).map(({ kind, path }) => [path.split('/').at(-1) ?? '', kind]),
  ),
  serviceaccounts: 'ServiceAccount',
  secrets: 'Secret',
  configmaps: 'ConfigMap',
  deployments: 'Deployment',
  pods: 'Pod',
  mutatingwebhookconfigurations: 'MutatingWebhookConfiguration',
  validatingwebhookconfigurations: 'ValidatingWebhookConfiguration',
};

interface Place {
  readonly namespace: string | undefined;
  readonly resource: string;
  readonly name: string | undefined;
}

/** Reads `/api/v1/namespaces/NAMESPACE/RESOURCE/NAME` and the like. */
function placeOf(path: string): Place {
  const [root, ...parts] = path.split('/').slice(1);
  const rest = parts.slice(root === 'api' ? 1 : 2);
  if (rest[0] === 'namespaces' && rest.length > 2)
    return { namespace: rest[1], resource: rest[2] ?? '', name: rest[3] };
  return { namespace: undefined, resource: rest[0] ?? '', name: rest[1] };
}

function answer(objects: readonly ServedObject[], path: string): Step {
  const { namespace, resource, name } = placeOf(path);
  const kind = RESOURCES[resource];
  const found = objects.filter(
    ({ kind: one, metadata }) =>
      one === kind && (namespace === undefined || (metadata.namespace ?? 'default') === namespace),
  );
  if (kind === undefined) return errorStatus(404, 'NotFound');
  // The items of a list do not contain their kind.
  const items = found.map((object) => ({ ...object, kind: undefined }));
  if (name === undefined) return json({ metadata: { resourceVersion: '1' }, items });
  const one = found.find(({ metadata }) => metadata.name === name);
  return one === undefined ? errorStatus(404, 'NotFound') : json(one);
}

/**
 * Serves objects by their paths, as the API server does.
 * @param fail returns the answer to a path that fails, such as one without the right to read it
 */
export function serveObjects(
  objects: readonly ServedObject[],
  fail: (path: string) => Step | undefined = () => undefined,
): Step {
  return (request, response) => (fail(request.path) ?? answer(objects, request.path))(request, response);
}

/** Answers as RBAC does. */
export function forbid(what: string): Step {
  return errorStatus(403, 'Forbidden', `${what} is forbidden: User "ann" cannot read it`);
}
