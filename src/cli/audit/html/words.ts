import type { AuditedWorkload } from '../../../audit/audit-report.ts';
import type { Severity } from '../../../policy/finding-catalog.ts';
import { labelOf } from '../../item-lines.ts';
import { markup, type Html } from './markup.ts';

/** What a workload comes to, in the words of the table, the gravest first. The style has a color for each. */
export const LABELS = ['failing', 'denied', 'undecided', 'changed', 'admitted', 'skipped'] as const;
export type Label = (typeof LABELS)[number];

export function labelFor(workload: AuditedWorkload): Label {
  return labelOf(workload)[0];
}

export function countLabels(workloads: readonly AuditedWorkload[]): Readonly<Record<Label, number>> {
  const counts = { failing: 0, denied: 0, undecided: 0, changed: 0, admitted: 0, skipped: 0 };
  for (const workload of workloads) counts[labelFor(workload)] += 1;
  return counts;
}

export const SEVERITY_PLURALS: Readonly<Record<Severity, string>> = {
  error: 'Errors',
  warning: 'Warnings',
  info: 'Info',
};

/** Signs that differ in shape, because color alone distinguishes nothing. */
const SIGNS: Readonly<Record<Severity, string>> = { error: '✕', warning: '!', info: 'i' };

export function sign(severity: Severity): Html {
  return markup`<span class="sign ${severity}" aria-hidden="true">${SIGNS[severity]}</span>`;
}

export function number(value: number): string {
  return value.toLocaleString('en');
}

export function titleOf({ subject }: Pick<AuditedWorkload, 'subject'>): string {
  const { kind, namespace, name } = subject;
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
}

/** Renders a text in which backticks mark code. */
export function prose(text: string): Html {
  const parts = text.split('`');
  // Backticks that are not paired mark nothing.
  if (parts.length % 2 === 0) return markup`${text}`;
  return markup`${parts.map((part, index) => (index % 2 === 1 ? markup`<code>${part}</code>` : part))}`;
}

export function renderFix(advice: string | null): Html | null {
  return advice === null || advice === ''
    ? null
    : markup`<p class="fix"><strong>Fix</strong> ${prose(advice)}</p>`;
}

interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** Renders a table whose caption only screen readers need. */
export function table(caption: string, columns: readonly Column[], rows: readonly Html[]): Html {
  const head = columns.map(
    ({ title, isNumber = false }) =>
      markup`<th scope="col"${isNumber ? markup` class="number"` : null}>${title}</th>`,
  );
  return markup`<table><caption class="vh">${caption}</caption><thead><tr>${head}</tr></thead><tbody>
${rows}</tbody></table>`;
}
