import type {
  CertificateEntry,
  CertificateProblem,
  CertificateReport,
  CertificateRole,
  WebhookEntry,
} from '../../certs/certificate-report.ts';
import { stripControlCharacters } from '../../lib/strip-control-characters.ts';
import type { Io } from '../io.ts';
import { createPage, table, wrap, type Page, type Row } from '../page.ts';

const TITLES: Readonly<Record<CertificateRole, string>> = {
  serving: 'Serving certificate',
  intermediate: 'Intermediate certificate',
  authority: 'CA',
  'other-authority': 'Other CA',
  'next-authority': 'Next CA',
};

const PRESENCE = { all: 'of all webhooks', some: 'of some webhooks only', none: 'of no webhook' } as const;

function describeDays(days: number): string {
  if (days < 0) return 'expired';
  return days === 1 ? '1 day left' : `${days} days left`;
}

function certificateRows(entry: CertificateEntry): readonly Row[] {
  const { role, subject, subjectAltNames, issuer, notBefore, notAfter, daysLeft, inCaBundle } = entry;
  const isAuthority = role !== 'serving' && role !== 'intermediate';
  return [
    ['Subject', subject === '' ? '(empty)' : subject],
    ...(subjectAltNames.length === 0 ? [] : [['Names', subjectAltNames.join(', ')] as const]),
    ['Issuer', issuer === '' ? '(empty)' : issuer],
    ['Valid', `${notBefore.slice(0, 10)} to ${notAfter.slice(0, 10)}, ${describeDays(daysLeft)}`],
    ...(isAuthority && inCaBundle !== null ? [['caBundle', PRESENCE[inCaBundle]] as const] : []),
  ];
}

function describeWebhook({ matches, reason }: WebhookEntry): string {
  if (matches === true) return 'trusts the serving certificate';
  return matches === null ? `unknown: ${reason ?? ''}` : `does not match: ${reason ?? ''}`;
}

function renderWebhooks(webhooks: readonly WebhookEntry[], { columns, paint }: Page): readonly string[] {
  const byConfiguration = Map.groupBy(webhooks, ({ configuration }) => configuration);
  return [...byConfiguration].map(
    ([configuration, entries]) =>
      `${paint('bold', stripControlCharacters(configuration))}\n${table(
        entries.map((entry) => [stripControlCharacters(entry.name), describeWebhook(entry)]),
        columns,
      )}`,
  );
}

function renderProblem({ what, fix }: CertificateProblem, columns: number): string {
  return `${wrap(what, columns, '  ')}\n${wrap(fix, columns, '      ')}`;
}

/** Renders for the terminal's width. */
export function renderReport(report: CertificateReport, io: Io): string {
  const page = createPage(io);
  const { columns, width, paint } = page;
  const { source, certificates, webhooks, problems } = report;
  const sections = [
    wrap(`Certificates in ${source.kind} ${source.name}`, columns, ''),
    ...certificates.map(
      (entry) =>
        `${paint('bold', `${TITLES[entry.role]} (${entry.key})`)}\n${table(certificateRows(entry), width)}`,
    ),
    ...renderWebhooks(webhooks, page),
    problems.length === 0
      ? 'No problems.'
      : `${paint('bold', 'Problems')}\n${problems.map((problem) => renderProblem(problem, columns)).join('\n')}`,
  ];
  return `${sections.join('\n\n')}\n`;
}
