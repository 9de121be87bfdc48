import type { AssessPod } from '../../assess/assessment.ts';
import type { JsonObject } from '../../image/json.ts';
import type { Command, Flag, ParsedArguments } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { flagText, flagTexts } from '../parse.ts';
import { usageError } from '../usage-error.ts';
import { factsOf } from './facts.ts';
import { reportItem } from './report-item.ts';
import { exitCodeOf, summarize } from './report.ts';
import { checkNotEmpty, readManifests, reviewInput, type Input } from './review-input.ts';
import { OUTPUTS, writeResults, type Output } from './write-results.ts';

export interface ReviewSetup {
  readonly config: string | undefined;
  /** The facts of the cluster as objects, in the order given. */
  readonly facts: readonly JsonObject[];
  /** Of objects that name none. */
  readonly namespace: string;
  /** Whether the cluster of the kubeconfig is asked for what the facts leave open. */
  readonly isLive: boolean;
  readonly kubeconfig: string | undefined;
}

/** The webhook's use case over a cluster that stands still. */
export interface ReviewSession {
  readonly assess: AssessPod;
  /** False where no RuntimeClass is known, and that may be for want of facts. */
  readonly knowsClasses: boolean;
  readonly close: () => Promise<void>;
}

export interface ReviewDeps {
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
  /** @throws AppError where the configuration is wrong or the cluster cannot be reached */
  readonly open: (setup: ReviewSetup, io: Io) => Promise<ReviewSession>;
}

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
      'yaml: all objects as they would be. diff: what would be different. patch: RFC 6902, one line for each reviewed object. admissionreview: what the API server would be answered.',
    choices: OUTPUTS,
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

const NO_CLASSES =
  'Note: no RuntimeClass is known, so it stays open which would run a Wasm image. Name them with --facts FILE, or take those of a cluster with --live.\n';

async function readFacts(input: ParsedArguments, deps: ReviewDeps, reviewed: Input) {
  const paths = flagTexts(input, 'facts');
  const { manifests } = await readManifests(paths, deps);
  const facts = factsOf(manifests);
  if (paths.length > 0 && facts.length === 0) {
    throw usageError(`there is no fact of a cluster in ${paths.join(', ')}`, 'review');
  }
  return [...facts, ...factsOf(reviewed.manifests)];
}

async function run(input: ParsedArguments, io: Io, deps: ReviewDeps): Promise<ExitCode> {
  const paths = [...flagTexts(input, 'filename'), ...input.positionals];
  if (paths.length === 0) throw usageError('name what to review: -f FILE, -f FOLDER or -f -', 'review');
  const namespace = flagText(input, 'namespace') ?? 'default';
  const output = (flagText(input, 'output') ?? 'table') as Output;
  const manifests = await readManifests(paths, deps);
  checkNotEmpty(manifests, paths);
  const facts = await readFacts(input, deps, manifests);
  const isLive = input.flags.has('live');
  const [config, kubeconfig] = [flagText(input, 'config'), flagText(input, 'kubeconfig')];
  const session = await deps.open({ config, facts, namespace, isLive, kubeconfig }, io);
  try {
    const reviewed = await reviewInput(session.assess, manifests, namespace);
    const items = reviewed.reviews.map((review) => reportItem(review, session));
    const report = { items, summary: summarize(items, reviewed.passedOver) };
    if (!session.knowsClasses && report.summary.undecided > 0) io.stderr.write(NO_CLASSES);
    writeResults(output, io, { input: reviewed, report });
    return exitCodeOf(report.summary);
  } finally {
    await session.close();
  }
}

export function reviewCommand(deps: ReviewDeps): Command {
  return {
    name: 'review',
    summary: 'Say of manifests what the webhook would do with them, without applying them.',
    positionals: '[FILE...]',
    flags: FLAGS,
    examples: EXAMPLES,
    run: (input, io) => run(input, io, deps),
  };
}
