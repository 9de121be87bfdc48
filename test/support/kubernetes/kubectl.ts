import { type Output, run } from '../lib/processes.ts';

export interface KubectlOptions {
  readonly stdin?: string;
  /** An identity other than the administrator's. */
  readonly kubeconfig?: string;
}

/** Runs kubectl as a user does: a rejection is an output with an exit code. */
export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<Output>;

export function createKubectl(program: string, adminKubeconfig: string): Kubectl {
  return (args, options = {}) =>
    run(program, [`--kubeconfig=${options.kubeconfig ?? adminKubeconfig}`, ...args], {
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      // No colors, no plugins, no cache of another cluster's discovery.
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', KUBECACHEDIR: `${adminKubeconfig}.cache` },
    });
}

/** Returns the output of a kubectl, or a helm, that must succeed. */
export async function must(output: Promise<Output>): Promise<string> {
  const { code, stdout, stderr } = await output;
  if (code !== 0) throw new Error(`it ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** Applies objects as JSON, which is YAML, too. */
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

/** Writes a kubeconfig as JSON, which is YAML, too. */
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
