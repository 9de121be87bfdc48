import type { Command, Flag } from '../command.ts';
import { OUTPUTS } from './outputs.ts';
import type { ReviewDeps } from './run-review.ts';

const FLAGS: readonly Flag[] = [
  {
    name: 'filename',
    short: 'f',
    placeholder: 'FILE',
    description: 'Manifests to review: a file, a folder with all below it, or - for standard input.',
    repeats: true,
  },
  {
    name: 'facts',
    placeholder: 'FILE',
    description:
      'Manifests of the cluster: RuntimeClasses, Nodes, Namespaces, LimitRanges, ServiceAccounts, Secrets. Those among the reviewed manifests count too.',
    repeats: true,
  },
  {
    name: 'live',
    description: 'Take the facts from the cluster of the kubeconfig; nothing is changed there.',
  },
  {
    name: 'kubeconfig',
    placeholder: 'FILE',
    description: 'For --live; else the first file of KUBECONFIG, else ~/.kube/config.',
  },
  {
    name: 'namespace',
    short: 'n',
    placeholder: 'NAME',
    description: 'Namespace of objects that name none; default without it.',
  },
  {
    name: 'output',
    short: 'o',
    placeholder: 'FORMAT',
    description:
      'json: items (each with refuses and, where it is undecided, hangsOn), passedOver, errors (what cannot be read; the rest is reviewed, and the exit code is 2) and summary. yaml: all objects as they would be. diff: what would be different. patch: RFC 6902, one line for each reviewed object. admissionreview: what the API server would be answered.',
    choices: OUTPUTS,
  },
  {
    name: 'verbose',
    short: 'v',
    description:
      'List the documents that were passed over, such as Services, on standard error; -o json always has them, in passedOver.',
  },
  { name: 'config', placeholder: 'FILE', description: 'Configuration file of the webhook.' },
];

const EXAMPLES: Command['examples'] = [
  { command: 'wasmgate review -f deploy/ --live', says: 'Against the cluster that kubectl talks to' },
  {
    command: 'wasmgate review -f app.yaml --facts classes.yaml --facts nodes.yaml',
    says: 'Without a cluster; both files as kubectl get -o yaml writes them',
  },
  {
    command: 'helm template chart | wasmgate review -f - --facts facts/ -o json',
    says: 'In a pipeline: exit code 1 if something would be refused, 3 if something is undecided',
  },
  {
    command: 'wasmgate review -f pod.yaml --live -o diff',
    says: 'What the webhook would change',
  },
];

/** @param load called only where the command is run: the webhook has no use for what it brings */
export function reviewCommand(load: () => Promise<ReviewDeps>): Command {
  return {
    name: 'review',
    summary: 'Say of manifests what the webhook would do with them, without applying them.',
    positionals: '[FILE...]',
    flags: FLAGS,
    examples: EXAMPLES,
    run: async (input, io) => {
      const { runReview } = await import('./run-review.ts');
      return runReview(input, io, await load());
    },
  };
}
