import { CLUSTER_FLAGS, SELECTION_FLAGS } from '../cluster-flags.ts';
import type { Command, Flag } from '../command.ts';
import { FAIL_ON_FLAGS } from '../fail-on.ts';
import { REVIEW_OUTPUTS, type ReviewOutput } from './report.ts';
import type { ReviewDeps } from './run-review.ts';

/** What each output is, for the help. */
const OUTPUTS: Readonly<Record<Exclude<ReviewOutput, 'table'>, string>> = {
  json: 'items (each with refuses and, if undecided, hangsOn), passedOver, errors (unreadable documents; the others are reviewed, and the exit code is 2), configuration, unreadable (facts about the cluster) and summary',
  yaml: 'all objects, with their changes',
  diff: 'the changes',
  patch: 'RFC 6902, one line for each item; [] for Pods that exist',
  admissionreview: 'the responses to the API server',
  sarif: 'a SARIF 2.1.0 log for code scanning',
  github: 'annotations for GitHub Actions, at most ten of each level',
};

const FLAGS: readonly Flag[] = [
  {
    name: 'filename',
    short: 'f',
    placeholder: 'FILE',
    description:
      'Manifests to review: a file, a folder (recursively), or - for standard input. Pods that exist (with uid and status, as kubectl get -o yaml prints them) are judged by whether they have what they need, and reported once for each owner.',
    repeats: true,
  },
  {
    name: 'facts',
    placeholder: 'FILE',
    description:
      'Manifests that describe the cluster: RuntimeClasses, Nodes, Namespaces, LimitRanges, ServiceAccounts, Secrets, SpinAppExecutors. Those among the reviewed manifests also count.',
    repeats: true,
  },
  {
    name: 'live',
    description:
      'Read the facts, and without --config the configuration, from the cluster that kubectl uses. Results that depend on what you may not read are undecided. Changes nothing there.',
  },
  ...CLUSTER_FLAGS,
  {
    name: 'images',
    placeholder: 'DIR',
    description:
      'Images that are not pushed yet: a folder with OCI layouts and docker archives, or one of these. An image that they hold under the name or digest that a manifest uses is read from there, every other one from its registry.',
    repeats: true,
  },
  {
    name: 'namespace',
    short: 'n',
    placeholder: 'NAME',
    description:
      'Namespace of objects that do not set one, and of those named as TYPE/NAME (default: with --live that of the context, else default).',
  },
  ...SELECTION_FLAGS.filter(({ name }) => name !== 'namespace'),
  {
    name: 'output',
    short: 'o',
    placeholder: 'FORMAT',
    description: `Output format (default table). ${Object.entries(OUTPUTS)
      .map(([name, what]) => `${name}: ${what}.`)
      .join(' ')}`,
    choices: REVIEW_OUTPUTS,
  },
  ...FAIL_ON_FLAGS,
  {
    name: 'verbose',
    short: 'v',
    description:
      'List documents that were passed over, such as Services, on standard error; -o json always lists them in passedOver.',
  },
  {
    name: 'config',
    placeholder: 'FILE',
    description:
      'Configuration file of the webhook (default: with --live that of the cluster, else the defaults).',
  },
];

const EXAMPLES: Command['examples'] = [
  { command: 'wasmgate review -f deploy/ --live', explanation: 'Against the cluster that kubectl uses' },
  {
    command: 'wasmgate review -f app.yaml --facts classes.yaml --facts nodes.yaml',
    explanation: 'Without a cluster; write both files with kubectl get -o yaml',
  },
  {
    command: 'helm template chart | wasmgate review -f - --facts facts/ -o json',
    explanation: 'In a pipeline: exit code 1 if something would be denied, 3 if something is undecided',
  },
  {
    command: 'helm template chart | wasmgate review -f - --facts facts/ -o github --fail-on warning',
    explanation: 'In GitHub Actions: annotations on the templates, and a failed step for warnings, too',
  },
  {
    command: 'wasmgate review -f deploy/ --facts facts/ -o sarif --fail-on never > wasmgate.sarif',
    explanation: 'For code scanning, which decides itself what fails',
  },
  {
    command: 'wasmgate review -f deploy/ --facts facts/ --quiet',
    explanation: 'In any other pipeline: print only what fails or is undecided',
  },
  {
    command: 'kubectl get pods -A -o yaml | wasmgate review -f - --live',
    explanation: 'Find running Pods that lack what they need, such as their class',
  },
  {
    command: 'docker save app:1 > images/app.tar && wasmgate review -f deploy/ --images images/',
    explanation: 'Before the image is pushed',
  },
  {
    command: 'wasmgate review deployment/web -n shop --live',
    explanation: 'An object of the cluster; without a name, all of the type: review deploy,sts -A --live',
  },
  {
    command: 'wasmgate review -f pod.yaml --live -o diff',
    explanation: 'Show what the webhook would change',
  },
];

/** @param load called only if the command runs, so that the webhook does not load its dependencies */
export function reviewCommand(load: () => Promise<ReviewDeps>): Command {
  return {
    name: 'review',
    summary: 'Show what the webhook would do with your manifests, without applying them.',
    positionals: '[FILE...|TYPE/NAME...|TYPE [NAME...]]',
    flags: FLAGS,
    examples: EXAMPLES,
    run: async (input, io) => {
      const { runReview } = await import('./run-review.ts');
      return runReview(input, io, await load());
    },
  };
}
