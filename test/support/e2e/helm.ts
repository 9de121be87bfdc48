import { join } from 'node:path';
import { must } from '../kubernetes/kubectl.ts';
import { type Output, run } from '../lib/processes.ts';
import { type KubernetesObject, MANIFESTS, parseManifests } from './install.ts';

export const CHART = join(MANIFESTS, 'chart');

/** Runs helm as a user does: a rejection is an output with an exit code. */
export type Helm = (args: readonly string[], values?: object) => Promise<Output>;

export interface HelmOptions {
  /** For helm's cache and settings. */
  readonly folder: string;
  /** Without it, helm reaches no cluster. */
  readonly kubeconfig?: string;
}

/** Returns a helm without the user's repositories, plugins and settings. It reads values from standard input. */
export function createHelm(program: string, { folder, kubeconfig = '/nonexistent' }: HelmOptions): Helm {
  const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: kubeconfig };
  return (args, values) =>
    values === undefined
      ? run(program, args, { env })
      : run(program, [...args, '--values=-'], { stdin: JSON.stringify(values), env });
}

export async function renderChart(
  helm: Helm,
  {
    values = {},
    namespace = 'wasmgate-system',
  }: { readonly values?: object; readonly namespace?: string } = {},
): Promise<readonly KubernetesObject[]> {
  return parseManifests(await must(helm(['template', 'wasmgate', CHART, '--namespace', namespace], values)));
}
