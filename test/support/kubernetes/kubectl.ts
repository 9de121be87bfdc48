import { type Output, run } from '../lib/processes.ts';

export interface KubectlOptions {
  readonly stdin?: string;
  /** Another identity than the administrator's. */
  readonly kubeconfig?: string;
}

/** kubectl as the user runs it: a refusal is an output with a code, as it is for them. */
export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<Output>;

export function createKubectl(program: string, adminKubeconfig: string): Kubectl {
  return (args, options = {}) =>
    run(program, [`--kubeconfig=${options.kubeconfig ?? adminKubeconfig}`, ...args], {
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      // A plain answer to a plain question: no colours, no plugins, no cache of another cluster's discovery.
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', KUBECACHEDIR: `${adminKubeconfig}.cache` },
    });
}

/** For steps that must work: the output of a kubectl that succeeded. */
export async function must(output: Promise<Output>): Promise<string> {
  const { code, stdout, stderr } = await output;
  if (code !== 0) throw new Error(`kubectl ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** Applies objects as JSON; kubectl takes YAML and JSON alike. */
export function apply(
  kubectl: Kubectl,
  objects: readonly object[],
  options: readonly string[] = [],
): Promise<Output> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  return kubectl(['apply', ...options, '-f', '-'], { stdin: JSON.stringify(list) });
}

export async function getJson<Shape>(kubectl: Kubectl, args: readonly string[]): Promise<Shape> {
  return JSON.parse(await must(kubectl(['get', ...args, '-o', 'json']))) as Shape;
}

export interface KubeconfigFacts {
  readonly server: string;
  readonly certificateAuthority: string;
  readonly token: string;
}

/** A kubeconfig; JSON is YAML, too. */
export function kubeconfigText({ server, certificateAuthority, token }: KubeconfigFacts): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': certificateAuthority } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
}
