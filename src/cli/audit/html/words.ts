import type { AuditedWorkload } from '../../../audit/audit-report.ts';
import type { ReviewOutcome } from '../../../audit/item.ts';
import type { Severity } from '../../../policy/finding-catalog.ts';
import { markup, type Html } from './markup.ts';

/** The word for an outcome: the key `refused` is older than the word "denied". */
export const OUTCOME_WORDS: Readonly<Record<ReviewOutcome, string>> = {
  refused: 'denied',
  undecided: 'undecided',
  changed: 'changed',
  admitted: 'unchanged',
  skipped: 'skipped',
};

/** The gravest first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info'];

export const SEVERITY_PLURALS: Readonly<Record<Severity, string>> = {
  error: 'Errors',
  warning: 'Warnings',
  info: 'Hints',
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
