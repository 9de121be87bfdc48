import type { AssessPod } from '../../assess/assessment.ts';
import type { UnreadFact } from '../../assess/ports.ts';
import type { Installation } from '../../audit/audit-report.ts';
import type { ListedScope, ObjectQuery } from '../../audit/ports.ts';
import { reportReview } from '../../audit/report-review.ts';
import { reviewSubjects, type ReviewedSubjects } from '../../audit/review-subjects.ts';
import { nameOf, type Subject } from '../../audit/subject.ts';
import type { JsonObject } from '../../lib/json.ts';
import { readLiveCluster, readSelection, type ClusterChoice, type Selection } from '../cluster-flags.ts';
import type { ExitCode, ParsedArguments } from '../command.ts';
import { exitCodeFor, readFailOptions } from '../fail-on.ts';
import { withoutNotes, type Io } from '../io.ts';
import { flagChoice, flagText, flagTexts, usageError } from '../parse-arguments.ts';
import { createProgress, type Progress } from '../progress.ts';
import { factsOf, isFact, manifestsOfCluster, type Manifest } from './manifests.ts';
import { readTarget, type Target } from './object-arguments.ts';
import {
  checkNotEmpty,
  NO_INPUT,
  readManifests,
  unreadableDocuments,
  unreadableError,
  type Input,
} from './read-manifests.ts';
import { NOTHING_RELATED, readRelated, type ReadObjects } from './related.ts';
import { createReport, REVIEW_OUTPUTS, type PassedOver, type ReviewOutput } from './report.ts';
import { findNeighbors, readReviewSubject } from './subjects.ts';
import { writeNotes, writePassedOver } from './write-notes.ts';
import { writeResults, type OutputContext, type Results } from './write-results.ts';

export interface ReviewSetup {
  readonly config: string | undefined;
  /** Objects that describe the cluster, in the given order. */
  readonly facts: readonly JsonObject[];
  /** Namespace of objects that do not set one; undefined for that of the context. */
  readonly namespace: string | undefined;
  /** The cluster from which to read what the facts leave out; null for none. */
  readonly live: ClusterChoice | null;
  /** Files and folders with images, which come before those of registries. */
  readonly images: readonly string[];
}

type FindObjects = (
  queries: readonly ObjectQuery[],
  scope: Pick<ListedScope, 'namespace' | 'selector'>,
) => Promise<readonly JsonObject[]>;

/** The webhook's use case over a cluster that does not change. */
export interface ReviewSession {
  readonly assess: AssessPod;
  /** Namespace of objects that do not set one. */
  readonly namespace: string;
  /** False if no RuntimeClass is known, which may be due to missing facts. */
  readonly knowsClasses: boolean;
  readonly installation: Installation;
  /** The configuration that was used, in one line for people. */
  readonly configuration: string;
  /** Reads objects of the cluster by the names that kubectl takes; null without a cluster. */
  readonly findObjects: FindObjects | null;
  /** Lists objects that results depend on; null without a cluster. */
  readonly readObjects: ReadObjects | null;
  /** Returns what could not be read so far. */
  readonly unread: () => readonly UnreadFact[];
  /** Image files that no manifest names, and those that cannot be used. Asked when all objects are judged. */
  readonly imageNotes: () => readonly string[];
  /** `policy.helpUrl` */
  readonly helpUrl: string | undefined;
  readonly close: () => Promise<void>;
}

export interface ReviewDeps extends Pick<OutputContext, 'folder' | 'version' | 'findings'> {
  /** Reads all of standard input. */
  readonly readInput: () => Promise<string>;
  /** @throws AppError if the configuration is invalid or the cluster cannot be reached */
  readonly open: (setup: ReviewSetup, io: Io) => Promise<ReviewSession>;
}

async function readFacts(input: ParsedArguments, deps: ReviewDeps, reviewed: Input) {
  const paths = flagTexts(input, 'facts');
  const read = await readManifests(paths, deps);
  const error = unreadableError(read);
  // Every result depends on the facts.
  if (error !== null) throw error;
  const facts = factsOf(read.manifests);
  if (paths.length > 0 && facts.length === 0) {
    throw usageError(`there is nothing about a cluster in ${paths.join(', ')}`, 'review');
  }
  return [...facts, ...factsOf(reviewed.manifests)];
}

/** @throws AppError `wrong-usage` */
function readArguments(input: ParsedArguments, live: ClusterChoice | null): Target {
  const { positionals, flags } = input;
  if (flags.has('quiet') && flags.has('verbose')) {
    throw usageError('--quiet and --verbose exclude each other', 'review');
  }
  const { isAllNamespaces, selector } = readSelection(input);
  const filenames = flagTexts(input, 'filename');
  return readTarget({ filenames, positionals, isLive: live !== null, isAllNamespaces, selector });
}

/** @throws AppError if a path does not exist, or nothing in the files can be reviewed */
async function readInput(target: Target, output: ReviewOutput, deps: ReviewDeps): Promise<Input> {
  if (target.kind === 'objects') return NO_INPUT;
  const input = await readManifests(target.paths, deps);
  const unreadable = unreadableError(input);
  if (unreadable !== null && isAllOrNothing(input, output)) throw unreadable;
  if (unreadable === null) checkNotEmpty(input, target.paths);
  return input;
}

/** Adds the objects that the arguments name to what was read from files. */
async function withObjects(
  { input, target }: { readonly input: Input; readonly target: Target },
  { findObjects, namespace }: ReviewSession,
  { isAllNamespaces, selector = '' }: Selection,
): Promise<Input> {
  if (target.kind === 'files' || findObjects === null) return input;
  const scope = { namespace: isAllNamespaces ? null : namespace, selector };
  return { ...input, manifests: manifestsOfCluster(await findObjects(target.queries, scope)) };
}

/**
 * Reports whether an unreadable file ends the review. A part of the YAML could be applied in place of the whole. Outputs for
 * pipelines are uploaded whatever happens, and report the file.
 */
function isAllOrNothing({ manifests }: Input, output: ReviewOutput): boolean {
  if (output === 'sarif' || output === 'github') return false;
  return manifests.length === 0 || output === 'yaml';
}

async function findSubjects(
  { manifests }: Input,
  facts: readonly JsonObject[],
  { namespace, readObjects }: ReviewSession,
): Promise<ReadonlyMap<Manifest, Subject>> {
  const given = findNeighbors(manifests, facts, { namespace, read: [] });
  const related = readObjects === null ? NOTHING_RELATED : await readRelated(manifests, given, readObjects);
  const neighbors = findNeighbors(manifests, facts, { namespace, read: related.objects });
  return new Map(
    manifests.flatMap((manifest) => {
      const subject = readReviewSubject(manifest, neighbors, related.unread.get(manifest));
      return subject === null ? [] : [[manifest, subject] as const];
    }),
  );
}

/** Lists what is not reviewed, objects of other kinds first. */
function findPassedOver(
  { manifests, others }: Input,
  subjects: ReadonlyMap<Manifest, Subject>,
  repeated: ReadonlySet<Subject>,
): readonly PassedOver[] {
  const objects = manifests.filter((manifest) => {
    const subject = subjects.get(manifest);
    return subject === undefined ? !isFact(manifest) : repeated.has(subject);
  });
  return [
    ...objects.map(({ file, document, kind, object }) => ({ file, document, kind, name: nameOf(object) })),
    ...others.map(({ file, document }) => ({ file, document, kind: '', name: '' })),
  ];
}

async function judge(
  session: ReviewSession,
  subjects: ReadonlyMap<Manifest, Subject>,
  { update, done }: Progress,
): Promise<ReviewedSubjects> {
  const show = (count: number): void => update(`Reviewing objects: ${count} of ${subjects.size}`);
  show(0);
  return reviewSubjects(session, [...subjects.values()], show).finally(done);
}

interface Asked {
  readonly args: ParsedArguments;
  readonly target: Target;
  /** What the files hold. */
  readonly files: Input;
  readonly facts: readonly JsonObject[];
}

/** Reads the objects that the arguments name, and reviews all. */
async function review(
  session: ReviewSession,
  { args, target, files, facts }: Asked,
  progress: Progress,
): Promise<Pick<Results, 'input' | 'reviews' | 'report'>> {
  const input = await withObjects({ input: files, target }, session, readSelection(args));
  const subjects = await findSubjects(input, facts, session);
  const { reviews, repeated } = await judge(session, subjects, progress);
  const report = createReport(
    reviews.map((one) => reportReview(one, session)),
    {
      passedOver: findPassedOver(input, subjects, repeated),
      errors: unreadableDocuments(input),
      configuration: session.configuration,
      unreadable: session.unread(),
    },
  );
  return { input, reviews, report };
}

export async function runReview(args: ParsedArguments, io: Io, deps: ReviewDeps): Promise<ExitCode> {
  const live = readLiveCluster(args, 'review');
  const target = readArguments(args, live);
  const output = flagChoice(args, 'output', REVIEW_OUTPUTS) ?? 'table';
  const options = readFailOptions(args);
  const notes = options.isQuiet ? withoutNotes(io) : io;
  const files = await readInput(target, output, deps);
  const facts = await readFacts(args, deps, files);
  const [config, namespace] = [flagText(args, 'config'), flagText(args, 'namespace')];
  const setup = { config, facts, namespace, live, images: flagTexts(args, 'images') };
  const progress = createProgress(notes);
  if (live !== null) progress.update('Reading the cluster');
  const session = await deps.open(setup, progress.io).finally(progress.done);
  try {
    const { input, reviews, report } = await review(session, { args, target, files, facts }, progress);
    const configuration = live === null ? null : session.configuration;
    writeNotes(notes, { input, target, configuration, aboutImages: session.imageNotes() }, reviews);
    if (args.flags.has('verbose') && output !== 'json') writePassedOver(io, report.passedOver);
    const context = { ...deps, helpUrl: session.helpUrl };
    await writeResults(output, io, { input, reviews, report, options, context });
    const unreadable = unreadableError(input);
    // Thrown last, so that the error is visible below the results.
    if (unreadable !== null) throw unreadable;
    return exitCodeFor(report.items, options.failOn);
  } finally {
    await session.close();
  }
}
