import type { AssessPod } from '../../assess/assessment.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { ParsedArguments } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { flagChoice, flagText, flagTexts } from '../parse.ts';
import { usageError } from '../usage-error.ts';
import { factsOf } from './facts.ts';
import { OUTPUTS, type Output } from './outputs.ts';
import { reportItem } from './report-item.ts';
import { exitCodeOf, reportOf } from './report.ts';
import { checkNotEmpty, readManifests, reviewInput, type Input } from './review-input.ts';
import { unreadableDocuments, unreadableError } from './unreadable.ts';
import { writeNotes } from './write-notes.ts';
import { writePassedOver } from './write-remarks.ts';
import { writeResults } from './write-results.ts';

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

async function readFacts(input: ParsedArguments, deps: ReviewDeps, reviewed: Input) {
  const paths = flagTexts(input, 'facts');
  const read = await readManifests(paths, deps);
  const error = unreadableError(read);
  // Every judgement rests on them.
  if (error !== null) throw error;
  const facts = factsOf(read.manifests);
  if (paths.length > 0 && facts.length === 0) {
    throw usageError(`there is no fact of a cluster in ${paths.join(', ')}`, 'review');
  }
  return [...facts, ...factsOf(reviewed.manifests)];
}

/** @throws AppError `wrong-usage` */
function readPaths(input: ParsedArguments): readonly string[] {
  const { positionals, flags } = input;
  if (flags.has('kubeconfig') && !flags.has('live')) {
    throw usageError('flag --kubeconfig goes with --live', 'review');
  }
  const paths = [...flagTexts(input, 'filename'), ...positionals];
  if (paths.length === 0) throw usageError('name what to review: -f FILE, -f FOLDER or -f -', 'review');
  return paths;
}

/** Where there is nothing else to review; and of what goes on to `kubectl apply`, a part would pass for the whole. */
function isAllOrNothing({ manifests }: Input, output: Output): boolean {
  return manifests.length === 0 || output === 'yaml';
}

/** `wasmgate review`, apart from its words: what it needs is loaded only where it is run. */
export async function runReview(input: ParsedArguments, io: Io, deps: ReviewDeps): Promise<ExitCode> {
  const paths = readPaths(input);
  const namespace = flagText(input, 'namespace') ?? 'default';
  const output = flagChoice(input, 'output', OUTPUTS) ?? 'table';
  const manifests = await readManifests(paths, deps);
  const unreadable = unreadableError(manifests);
  if (unreadable !== null && isAllOrNothing(manifests, output)) throw unreadable;
  checkNotEmpty(manifests, paths);
  const facts = await readFacts(input, deps, manifests);
  const [config, kubeconfig] = [flagText(input, 'config'), flagText(input, 'kubeconfig')];
  const isLive = input.flags.has('live');
  const session = await deps.open({ config, facts, namespace, isLive, kubeconfig }, io);
  try {
    const reviewed = await reviewInput(session.assess, manifests, namespace);
    const items = reviewed.reviews.map((review) => reportItem(review, session));
    const { passedOver } = reviewed;
    const report = reportOf(items, { passedOver, errors: unreadableDocuments(manifests) });
    writeNotes(io, manifests, reviewed.reviews);
    if (input.flags.has('verbose') && output !== 'json') writePassedOver(io, report.passedOver);
    writeResults(output, io, { input: reviewed, report });
    // What could be read is told by now, and this comes last, where it is seen.
    if (unreadable !== null) throw unreadable;
    return exitCodeOf(report.summary);
  } finally {
    await session.close();
  }
}
