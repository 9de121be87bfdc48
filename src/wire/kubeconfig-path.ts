import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Io } from '../cli/io.ts';

/** Returns the kubeconfig that kubectl would read: the named one, the first file of KUBECONFIG, or the user's own. */
export function kubeconfigPath(kubeconfig: string | undefined, env: Io['env']): string {
  const [first] = (env['KUBECONFIG'] ?? '').split(delimiter);
  if (kubeconfig !== undefined) return kubeconfig;
  return first === undefined || first === '' ? join(env['HOME'] ?? homedir(), '.kube', 'config') : first;
}
