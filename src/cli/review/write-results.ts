import { answerDecided, answerSkipped } from '../../admission/answer-assessment.ts';
import { patched, writeReview, type Answer } from '../../admission/response.ts';
import type { Reviewed } from '../../audit/judge-subjects.ts';
import { escapeJson, stripControlCharacters } from '../../lib/strip-control-characters.ts';
import { EXIT_CODES } from '../command.ts';
import type { ExplainedFinding } from '../explain.ts';
import { exitCodeFor, isNotable, type FailOptions } from '../fail-on.ts';
import { defuseLines, type Io } from '../io.ts';
import { createPage, type Page } from '../page.ts';
import { renderDiff } from '../render-diff.ts';
import { toYaml } from '../serialize.ts';
import { collectIssues } from './issues.ts';
import type { Input } from './read-manifests.ts';
import { renderGithub } from './render-github.ts';
import { renderSarif } from './render-sarif.ts';
import { describeCounts, renderItems, renderReport } from './render-table.ts';
import { describeObject, describePlace, type Report, type ReviewOutput } from './report.ts';
import { openRepository, type Repository } from './repository.ts';
import { writeRemarks, type Shown } from './write-notes.ts';

/** Renders every object of the reviewed files, so that the output is complete for `kubectl apply`. */
function renderYaml({ manifests }: Input, reviews: readonly Reviewed[]): string {
  const results = new Map(
    reviews.flatMap((review) =>
      review.kind === 'decided' ? [[review.subject.object, review.result] as const] : [],
    ),
  );
  return manifests.map(({ object }) => toYaml(results.get(object) ?? object)).join('---\n');
}

/** Renders the changes of an object under the header of `diff -u`; empty if there are none. */
function renderReviewDiff(page: Page, review: Reviewed): string {
  if (review.kind !== 'decided' || review.patch.length === 0) return '';
  const { source } = review.subject;
  const head = [`--- ${describePlace(source)}`, `+++ ${describeObject(source)}, changed by wasmgate`].map(
    (line) => page.paint('bold', stripControlCharacters(line)),
  );
  const lines = renderDiff(page, review.subject.object, review.result);
  return `${[...head, ...lines].join('\n')}\n`;
}

/** Renders one line for each object, in order; `[]` if nothing changes. */
function renderPatch(review: Reviewed): string {
  return `${escapeJson(JSON.stringify(review.kind === 'decided' ? review.patch : []))}\n`;
}

/** Returns the answers of both webhooks in one: the patch of `/mutate`, the rest of `/validate`. */
function admissionAnswer(review: Reviewed): Answer {
  // The API server asks about no Pod that exists.
  if (review.kind === 'running') return answerSkipped('its Pods exist already', []);
  if (review.kind === 'left') {
    const { subject, reason, notes } = review;
    return subject.kind === 'left' ? subject.answer : answerSkipped(reason, notes);
  }
  const { assessment, subject, patch } = review;
  const answer = answerDecided(assessment, subject.source);
  const isPod = subject.request.subject === 'pod';
  return answer.kind === 'allowed' && isPod ? patched(patch, answer.remarks) : answer;
}

function renderAdmissionReview(review: Reviewed, index: number): string {
  const answer = writeReview(review.subject.uid ?? `review-${index + 1}`, admissionAnswer(review));
  return `${escapeJson(answer)}\n`;
}

/** What outputs need beyond the results. */
export interface OutputContext {
  /** The current folder, absolute. */
  readonly folder: string;
  /** The version of wasmgate. */
  readonly version: string;
  readonly findings: () => readonly ExplainedFinding[];
  /** `policy.helpUrl` */
  readonly helpUrl: string | undefined;
}

export interface Results {
  readonly input: Input;
  readonly reviews: readonly Reviewed[];
  /** With an item for each review, in the same order. */
  readonly report: Report;
  readonly options: FailOptions;
  readonly context: OutputContext;
}

/** Keeps what `--quiet` shows. */
function onlyNotable({ reviews, report, options }: Results): Shown {
  const isKept = (index: number): boolean => {
    const item = report.items[index];
    return item !== undefined && isNotable(item, options.failOn);
  };
  return {
    reviews: reviews.filter((_review, index) => isKept(index)),
    items: report.items.filter((_item, index) => isKept(index)),
    unreadable: report.unreadable,
  };
}

function renderTable(io: Io, results: Results): string {
  const page = createPage(io);
  if (!results.options.isQuiet) return renderReport(page, results);
  return renderItems(page, onlyNotable(results));
}

function openRepositoryOf({ report, context }: Results): Promise<Repository> {
  const origins = report.items.flatMap(({ source }) => source.origin ?? []);
  return openRepository(context.folder, origins);
}

async function renderSarifLog(results: Results): Promise<string> {
  const { report, options, context } = results;
  const repository = await openRepositoryOf(results);
  const exitCode = report.errors.length > 0 ? EXIT_CODES.usage : exitCodeFor(report.items, options.failOn);
  const findings = context.findings();
  return renderSarif(collectIssues(results, repository), { ...context, findings, repository, exitCode });
}

async function renderAnnotations(results: Results): Promise<string> {
  const { report, options } = results;
  const repository = await openRepositoryOf(results);
  if (!options.isQuiet) return renderGithub(collectIssues(results, repository), describeCounts(report));
  const { items, reviews } = onlyNotable(results);
  return renderGithub(collectIssues({ ...results, reviews, report: { ...report, items } }, repository), '');
}

function render(output: ReviewOutput, io: Io, results: Results): string | Promise<string> {
  const { input, reviews, report } = results;
  switch (output) {
    case 'table':
      return defuseLines(renderTable(io, results));
    case 'json':
      return `${escapeJson(JSON.stringify(report, null, 2))}\n`;
    case 'yaml':
      return renderYaml(input, reviews);
    case 'diff':
      return reviews.map((review) => renderReviewDiff(createPage(io), review)).join('');
    case 'patch':
      return reviews.map(renderPatch).join('');
    case 'admissionreview':
      return reviews.map(renderAdmissionReview).join('');
    case 'sarif':
      return renderSarifLog(results);
    case 'github':
      return renderAnnotations(results);
  }
}

export async function writeResults(output: ReviewOutput, io: Io, results: Results): Promise<void> {
  const { reviews, report } = results;
  const shown = results.options.isQuiet ? onlyNotable(results) : { ...report, reviews };
  if (output !== 'table') writeRemarks(output, io, shown);
  io.stdout.write(await render(output, io, results));
}
