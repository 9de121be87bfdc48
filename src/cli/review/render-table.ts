import type { Reviewed } from '../../audit/judge-subjects.ts';
import { distinctAdvice, remarksOf, unknownImages } from '../../audit/report-review.ts';
import type { ReportedItem } from '../../audit/reported-item.ts';
import { counted } from '../../lib/words.ts';
import { describeSummary, describeVerdict } from '../../policy/describe.ts';
import {
  below,
  describeDeniedPods,
  describeOpenFacts,
  findingLines,
  lackWords,
  noteLine,
  outcomeCounts,
  row,
  titleLine,
} from '../item-lines.ts';
import { wrap, type Page } from '../page.ts';
import { describeObject, describePlace, type Report } from './report.ts';
import type { Shown } from './write-notes.ts';

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function classLine(
  page: Page,
  { runtimeClass, hangsOn }: ReportedItem,
  unreadable: Shown['unreadable'],
): readonly string[] {
  const isUnread = unreadable.some(({ fact }) => fact === 'runtime-classes');
  const unknown = isUnread ? 'not known' : 'no classes given; pass them with --facts';
  if (runtimeClass === null)
    return hangsOn.includes('runtime-classes') ? [row(page, 'class', { text: unknown })] : [];
  const { name, handler, origin } = runtimeClass;
  if (handler === null && origin === 'pod') return [row(page, 'class', { text: `${name} (${unknown})` })];
  const how = origin === 'chosen' ? 'chosen by wasmgate' : 'named by the Pod';
  const what = handler === null ? 'does not exist' : `handler ${handler}`;
  return [row(page, 'class', { text: `${name} (${what}; ${how})` })];
}

/** Explains a workload that is admitted although its Pods are not. */
function denialLines(page: Page, item: ReportedItem): readonly string[] {
  const text = describeDeniedPods(item, item.source.kind);
  return text === null ? [] : [noteLine(page, text)];
}

function changeLines(page: Page, { changes, patch }: ReportedItem): readonly string[] {
  const label = patch.length > 0 ? 'set' : 'would set';
  return changes.flatMap(({ field, value, reason }, index) => [
    row(page, index === 0 ? label : '', { text: `${field}: ${valueText(value)}` }),
    ...below(page, `(${reason})`, '  ')
      .split('\n')
      .map((line) => page.paint('dim', line)),
  ]);
}

/** Returns what each container's image is, in words. */
function describeImages(review: Reviewed): readonly string[] {
  if (review.kind === 'left') return [];
  const images =
    review.kind === 'running'
      ? review.running.images.map(({ verdict, ...image }) => ({
          ...image,
          what: describeSummary(verdict),
        }))
      : review.assessment.containers.map(({ container, image, verdict }) => ({
          container: container.name,
          image,
          what: describeVerdict(verdict),
        }));
  return images.map(
    ({ container, image, what }) => `${container}: ${image === '' ? 'no image' : `${image}, ${what}`}`,
  );
}

function imageLines(page: Page, review: Reviewed): readonly string[] {
  return describeImages(review).map((text, index) => row(page, index === 0 ? 'images' : '', { text }));
}

/** Counts the running Pods. */
function podLines(page: Page, { pods }: ReportedItem): readonly string[] {
  if (pods === undefined || pods.running === 0) return [];
  const { running, failing } = pods;
  const text = `${running.toLocaleString('en')} running${failing === 0 ? '' : `, ${lackWords(failing)}`}`;
  return [row(page, 'pods', { text })];
}

/** Reports whether one line says it all: an admitted Pod with ordinary images. */
function isPlain({ outcome, findings, images }: ReportedItem): boolean {
  return (
    outcome === 'admitted' &&
    findings.length === 0 &&
    images.every(({ verdict }) => verdict.kind === 'container')
  );
}

function noteLines(page: Page, review: Reviewed, openFacts: string | null): readonly string[] {
  const images = unknownImages(review).filter(({ hasFinding }) => !hasFinding);
  const notes = [
    ...remarksOf(review),
    ...images.map(({ container, detail }) => `container "${container}": ${detail}`),
    ...(openFacts === null ? [] : [openFacts]),
  ];
  return notes.map((text) => noteLine(page, text));
}

function renderItem(
  page: Page,
  { item, review }: { readonly item: ReportedItem; readonly review: Reviewed },
  unreadable: Shown['unreadable'],
): string {
  const { source, mode } = item;
  const inMode = mode === null || mode === 'enforce' ? '' : `, mode ${mode}`;
  const title = `${describeObject(source)} (${describePlace(source)}${inMode})`;
  const details = isPlain(item)
    ? []
    : [
        ...podLines(page, item),
        ...imageLines(page, review),
        ...classLine(page, item, unreadable),
        ...changeLines(page, item),
      ];
  const lines = [
    titleLine(page, item, title),
    ...denialLines(page, item),
    ...noteLines(
      page,
      review,
      describeOpenFacts(
        item,
        unreadable.map(({ fact }) => fact),
      ),
    ),
    ...details,
    ...item.findings.flatMap((finding) => findingLines(page, finding)),
  ];
  return `${lines.join('\n')}\n\n`;
}

/** Renders once what would resolve the unknown images of several objects. */
function renderAdvice({ columns, paint }: Page, reviews: readonly Reviewed[]): string {
  const images = reviews.flatMap(unknownImages).filter(({ hasFinding }) => !hasFinding);
  return distinctAdvice(images)
    .map((advice) => `${paint('yellow', wrap(`To resolve: ${advice}`, columns, ''))}\n\n`)
    .join('');
}

/** Returns `4 reviewed: 1 admitted, 3 changed. 2 documents passed over (-v lists them). 1 document could not be read.` */
export function describeCounts({ items, summary }: Report): string {
  const parts = outcomeCounts(items);
  const { reviewed, passedOver, errors } = summary;
  const over = passedOver === 0 ? '' : ` ${counted(passedOver, 'document')} passed over (-v lists them).`;
  const unread = errors === 0 ? '' : ` ${counted(errors, 'document')} could not be read.`;
  const counts = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
  return `${reviewed} reviewed${counts}.${over}${unread}`;
}

/** Renders objects and what would resolve their unknown images; empty if there are none. */
export function renderItems(page: Page, { items, reviews, unreadable }: Shown): string {
  const rendered = reviews.flatMap((review, index) => {
    const item = items[index];
    return item === undefined ? [] : [renderItem(page, { item, review }, unreadable)];
  });
  return rendered.join('') + renderAdvice(page, reviews);
}

export function renderReport(
  page: Page,
  { report, reviews }: { readonly report: Report; readonly reviews: readonly Reviewed[] },
): string {
  const { columns, paint } = page;
  const last = paint('bold', wrap(describeCounts(report), columns, ''));
  return `${renderItems(page, { ...report, reviews })}${last}\n`;
}
