import type { AuditedImage, AuditReport } from '../../../audit/audit-report.ts';
import { counted } from '../../../lib/words.ts';
import { describeSummary } from '../../../policy/describe.ts';
import { markup, type Html } from './markup.ts';
import { number, prose, renderFix, table } from './words.ts';

type Kind = AuditedImage['verdict']['kind'];

const KINDS: readonly (readonly [kind: Kind, title: string])[] = [
  ['wasm', 'Wasm'],
  ['unknown', 'unknown'],
  ['not-a-workload', 'no workload'],
  ['container', 'Linux'],
];

const COLUMNS = [{ title: 'Image' }, { title: 'Workloads', isNumber: true }];

function renderImage({ image, workloads, detail, advice }: AuditedImage): Html {
  const why = detail === null ? null : markup`<p class="soft">${prose(detail)}</p>`;
  return markup`<tr><th scope="row"><code>${image}</code>${why}${renderFix(advice)}</th><td class="number" data-label="Workloads">${number(workloads)}</td></tr>
`;
}

function renderForm(
  what: string,
  images: readonly AuditedImage[],
  [kind, title]: (typeof KINDS)[number],
): Html {
  return markup`<details class="form"><summary><span class="kind ${kind}">${title}</span><span>${what}</span><span class="count">${counted(images.length, 'image')}</span></summary>
${table(what, COLUMNS, images.map(renderImage))}</details>
`;
}

/** Renders a line for each form that images of this kind have, the most common first. */
function renderKind(kind: (typeof KINDS)[number], images: readonly AuditedImage[]): readonly Html[] {
  const forms = Map.groupBy(images, ({ verdict }) => describeSummary(verdict));
  const largest = [...forms].toSorted(([, one], [, other]) => other.length - one.length);
  return largest.map(([what, some]) => renderForm(what, some, kind));
}

export function renderImages({ images }: AuditReport): Html {
  const byKind = Map.groupBy(images, ({ verdict }) => verdict.kind);
  const body = KINDS.map((kind) => renderKind(kind, byKind.get(kind[0]) ?? []));
  return markup`<section id="images" aria-labelledby="images-title">
<h2 id="images-title">Images by kind</h2>
${images.length === 0 ? markup`<p class="soft">None.</p>` : body}
</section>`;
}
