import { randomUUID } from 'node:crypto';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { Agent, request } from 'undici';
import { REVIEW_VERSION } from '../../admission/review.ts';
import { AppError } from '../../lib/errors.ts';
import type { Pod } from '../../pod/pod.ts';

/** `timeoutSeconds` of the two webhooks, as in the manifests. */
const TIMEOUTS = { mutate: '5s', validate: '3s' } as const;

/** The result of creating a Pod. */
export interface Admission {
  /** The Pod that would be stored. */
  readonly stored: Pod;
  /** The mutating webhook's patch. */
  readonly patch: readonly Operation[];
  /** Its patch for its own result, which must be empty. */
  readonly secondPatch: readonly Operation[];
  /** Null if the Pod is admitted. */
  readonly denial: string | null;
  readonly warnings: readonly string[];
}

export interface ApiServer {
  readonly create: (pod: Pod, namespace: string) => Promise<Admission>;
  readonly close: () => Promise<void>;
}

interface Response {
  readonly uid?: string;
  readonly allowed?: boolean;
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly status?: { readonly message?: string };
}

/** Builds an AdmissionReview for `kubectl create`, with every field that an API server of version 1.36 sends. */
function reviewOf(pod: Pod, namespace: string, uid: string): object {
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const resource = { group: '', version: 'v1', resource: 'pods' };
  const names = { name: pod.metadata?.name ?? '', namespace };
  const subject = { uid, kind, resource, requestKind: kind, requestResource: resource, ...names };
  const options = { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'kubectl-create' };
  const userInfo = { username: 'demo', groups: ['system:authenticated'] };
  const object = { operation: 'CREATE', userInfo, object: pod, oldObject: null, dryRun: false, options };
  return { kind: 'AdmissionReview', apiVersion: REVIEW_VERSION, request: { ...subject, ...object } };
}

function fail(path: string, state: string): never {
  throw new AppError('demo-failed', `Cannot call webhook "${path}": ${state}`);
}

function decodePatch(response: Response): readonly Operation[] {
  if (response.patch === undefined) return [];
  return JSON.parse(Buffer.from(response.patch, 'base64').toString('utf8')) as readonly Operation[];
}

function apply(pod: Pod, patch: readonly Operation[]): Pod {
  return jsonPatch.applyPatch(pod, patch, true, false).newDocument;
}

/**
 * Creates a Pod as an API server does: calls the mutating webhook, applies its patch, calls it again as for
 * `reinvocationPolicy: IfNeeded`, and calls the validating webhook. Uses HTTPS and trusts only the given CA.
 */
export function createApiServer({ url, caCert }: { url: string; caCert: string }): ApiServer {
  const agent = new Agent({ connect: { ca: caCert } });

  async function call(webhook: keyof typeof TIMEOUTS, pod: Pod, namespace: string): Promise<Response> {
    const uid = randomUUID();
    const path = `/${webhook}?timeout=${TIMEOUTS[webhook]}`;
    const { statusCode, body } = await request(`${url}${path}`, {
      dispatcher: agent,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(reviewOf(pod, namespace, uid)),
    });
    const text = await body.text();
    if (statusCode !== 200) fail(path, `HTTP ${statusCode}, ${text}`);
    const { response } = JSON.parse(text) as { readonly response: Response };
    return response.uid === uid ? response : fail(path, 'the response belongs to another request');
  }

  return {
    create: async (pod, namespace) => {
      const patch = decodePatch(await call('mutate', pod, namespace));
      const stored = apply(pod, patch);
      const secondPatch = decodePatch(await call('mutate', stored, namespace));
      const { allowed, status, warnings = [] } = await call('validate', stored, namespace);
      const denial = allowed === true ? null : (status?.message ?? '');
      return { stored, patch, secondPatch, denial, warnings };
    },
    close: () => agent.close(),
  };
}
