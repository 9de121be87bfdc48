import type { Flag, ParsedArguments } from './command.ts';
import { flagText, usageError } from './parse-arguments.ts';

/** Flags of all commands that talk to a cluster, as kubectl has them. */
export const CLUSTER_FLAGS: readonly Flag[] = [
  {
    name: 'kubeconfig',
    placeholder: 'FILE',
    description:
      'Kubeconfig of the cluster (default: the files in KUBECONFIG, merged as kubectl does, else ~/.kube/config; in a Pod without one, its service account).',
  },
  {
    name: 'context',
    placeholder: 'NAME',
    description: 'Context of the kubeconfig (default: its current context).',
  },
];

/** Flags that select objects of a cluster, as kubectl has them. */
export const SELECTION_FLAGS: readonly Flag[] = [
  {
    name: 'namespace',
    short: 'n',
    placeholder: 'NAME',
    description: 'Namespace (default: that of the context, else default).',
  },
  { name: 'all-namespaces', short: 'A', description: 'All namespaces; wins over --namespace.' },
  {
    name: 'selector',
    short: 'l',
    placeholder: 'SELECTOR',
    description: 'Only objects with these labels, such as app=web,tier!=test.',
  },
];

/** The cluster that the flags name; undefined for what kubectl would use. */
export interface ClusterChoice {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}

export function readClusterChoice(input: ParsedArguments): ClusterChoice {
  return { kubeconfig: flagText(input, 'kubeconfig'), context: flagText(input, 'context') };
}

/**
 * Returns the cluster of a command that reads one only with `--live`; null without it.
 * @throws AppError `wrong-usage`
 */
export function readLiveCluster(input: ParsedArguments, command: string): ClusterChoice | null {
  if (input.flags.has('live')) return readClusterChoice(input);
  const needless = CLUSTER_FLAGS.find(({ name }) => input.flags.has(name));
  if (needless === undefined) return null;
  throw usageError(`flag --${needless.name} requires --live`, command);
}

/** The objects that the flags select. */
export interface Selection {
  /** Undefined for the context's namespace. */
  readonly namespace: string | undefined;
  readonly isAllNamespaces: boolean;
  /** A label selector, which the API server parses. */
  readonly selector: string | undefined;
}

export function readSelection(input: ParsedArguments): Selection {
  return {
    namespace: flagText(input, 'namespace'),
    isAllNamespaces: input.flags.has('all-namespaces'),
    selector: flagText(input, 'selector'),
  };
}
