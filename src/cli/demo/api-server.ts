import { randomUUID } from 'node:crypto';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { Agent, request } from 'undici';
import { REVIEW_VERSION } from '../../admission/review.ts';
import { AppError } from '../../lib/errors.ts';
import type { Pod } from '../../pod/pod.ts';

/** `timeoutSeconds` of the two webhooks, as the manifests have them. */
const TIMEOUTS = { mutate: '5s', validate: '3s' } as const;

/** What came of a Pod. */
export interface Admission {
  /** The Pod as it would be stored. */
  readonly stored: Pod;
  /** What the mutating webhook did. */
  readonly patch: readonly Operation[];
  /** What it did when it was asked again with its own result; nothing, if all is well. */
  readonly secondPatch: readonly Operation[];
  /** Null where the Pod is admitted. */
  readonly refusal: string | null;
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

/** An AdmissionReview for `kubectl create`, with every field that an API server of version 1.36 sends. */
function reviewOf(pod: Pod, namespace: string, uid: string): object {
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const resource = { group: '', version: 'v1', resource: 'pods' };
  const names = { name: pod.metadata?.name ?? '', namespace };
  const asked = { uid, kind, resource, requestKind: kind, requestResource: resource, ...names };
  const options = { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'kubectl-create' };
  const userInfo = { username: 'demo', groups: ['system:authenticated'] };
  const object = { operation: 'CREATE', userInfo, object: pod, oldObject: null, dryRun: false, options };
  return { kind: 'AdmissionReview', apiVersion: REVIEW_VERSION, request: { ...asked, ...object } };
}

function fail(path: string, state: string): never {
  throw new AppError('demo-failed', `Cannot ask webhook "${path}": ${state}`);
}

function decodePatch(response: Response): readonly Operation[] {
  if (response.patch === undefined) return [];
  return JSON.parse(Buffer.from(response.patch, 'base64').toString('utf8')) as readonly Operation[];
}

function apply(pod: Pod, patch: readonly Operation[]): Pod {
  return jsonPatch.applyPatch(pod, patch, true, false).newDocument;
}

/**
 * Does for a Pod what an API server does at its creation: the mutating webhook, its patch applied, the mutating webhook once
 * more as for `reinvocationPolicy: IfNeeded`, the validating webhook. Over HTTPS, trusting nothing but the CA.
 */
export function createApiServer({ url, caCert }: { url: string; caCert: string }): ApiServer {
  const agent = new Agent({ connect: { ca: caCert } });

  async function ask(webhook: keyof typeof TIMEOUTS, pod: Pod, namespace: string): Promise<Response> {
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
    return response.uid === uid ? response : fail(path, 'it answered another question');
  }

  return {
    create: async (pod, namespace) => {
      const patch = decodePatch(await ask('mutate', pod, namespace));
      const stored = apply(pod, patch);
      const secondPatch = decodePatch(await ask('mutate', stored, namespace));
      const { allowed, status, warnings = [] } = await ask('validate', stored, namespace);
      const refusal = allowed === true ? null : (status?.message ?? '');
      return { stored, patch, secondPatch, refusal, warnings };
    },
    close: () => agent.close(),
  };
}
