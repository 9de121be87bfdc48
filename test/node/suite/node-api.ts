import { createKubeconfigConnection } from '../../../src/kubernetes/connection.ts';
import { type KubernetesCall, readStream, send } from '../../../src/kubernetes/send.ts';

const API_LIMITS = { milliseconds: 60_000, maxBytes: 32 * 1024 * 1024 } as const;

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Texts of the Warning headers. */
  readonly warnings: readonly string[];
}

/** The API server of the node. Unlike kubectl, it costs no process for each request, of which the suite sends thousands. */
export interface NodeApi {
  /** An answer with an error is an answer. */
  readonly ask: (call: Omit<KubernetesCall, 'action'>) => Promise<Answer>;
  /** @throws Error for any status of 400 or more, unless `allowed` lists it */
  readonly must: (call: Omit<KubernetesCall, 'action'>, allowed?: readonly number[]) => Promise<Answer>;
}

/** Reads `299 - "text"`, with escaped quotes, in UTF-8, which Node takes for Latin 1. */
function readWarning(header: string): string {
  const text = Buffer.from(header, 'latin1').toString('utf8');
  return text.slice(text.indexOf('"') + 1, text.lastIndexOf('"')).replaceAll(/\\(.)/g, '$1');
}

export async function openNodeApi(kubeconfig: string): Promise<NodeApi> {
  const connection = await createKubeconfigConnection(kubeconfig);
  const ask: NodeApi['ask'] = async (call) => {
    const action = `${call.method ?? 'GET'} ${call.path}`;
    const signal = AbortSignal.timeout(API_LIMITS.milliseconds);
    const response = await send(connection, { ...call, action }, signal);
    const text = await readStream(response, API_LIMITS.maxBytes, action);
    const warnings = (response.headersDistinct['warning'] ?? []).map(readWarning);
    return { status: response.statusCode ?? 0, text, warnings };
  };
  const must: NodeApi['must'] = async (call, allowed = []) => {
    const answer = await ask(call);
    if (answer.status < 400 || allowed.includes(answer.status)) return answer;
    throw new Error(`${call.method ?? 'GET'} ${call.path} gave ${answer.status}: ${answer.text}`);
  };
  return { ask, must };
}

/** Returns the message of an answer with an error. */
export function messageOf({ text }: Answer): string {
  const { message } = JSON.parse(text) as { readonly message?: string };
  return message ?? text;
}
