import type { X509Certificate } from 'node:crypto';
import type { CertificateFixes } from './certificate-fixes.ts';
import type {
  CertificateEntry,
  CertificateProblem,
  CertificateReport,
  CertificateRole,
  CertificateSource,
  CertificateTexts,
  ConfiguredWebhook,
  WebhookEntry,
} from './certificate-report.ts';
import { describeCertificate } from './describe-certificate.ts';
import { findNameFault, findUsageFault, findValidityFault, isKeyOf } from './find-certificate-fault.ts';
import { findTrustFault } from './find-trust-fault.ts';
import { type ParsedCertificates, parseCertificates } from './parse-certificates.ts';

/** A bundle may hold any number of certificates; wasmgate itself writes three at most. */
const MAX_CERTIFICATES = 32;

export interface ReportedCertificates {
  readonly source: CertificateSource;
  /** Null if they could not be read. */
  readonly texts: CertificateTexts | null;
  /** Null if no cluster was read. */
  readonly webhooks: readonly ConfiguredWebhook[] | null;
  readonly fixes: CertificateFixes;
  readonly now: Date;
}

interface Found {
  readonly role: CertificateRole;
  readonly key: string;
  readonly certificate: X509Certificate;
}

const KEYS = [
  ['tls.crt', 'serving', 'intermediate'],
  ['ca.crt', 'authority', 'other-authority'],
  ['next-ca.crt', 'next-authority', 'next-authority'],
] as const;

function isAmong(certificate: X509Certificate, others: readonly X509Certificate[]): boolean {
  return others.some(({ raw }) => raw.equals(certificate.raw));
}

/** Lists what the Secret or folder holds, and CAs that only `caBundle` holds. */
function findCertificates(texts: CertificateTexts, bundles: readonly ParsedCertificates[]): readonly Found[] {
  const found = KEYS.flatMap(([key, first, others]) =>
    parseCertificates(texts.get(key) ?? '').certificates.map((certificate, index): Found => ({
      role: index === 0 ? first : others,
      key,
      certificate,
    })),
  );
  for (const certificate of bundles.flatMap(({ certificates }) => certificates)) {
    const isKnown = isAmong(
      certificate,
      found.map((one) => one.certificate),
    );
    if (!isKnown) found.push({ role: 'other-authority', key: 'caBundle', certificate });
  }
  return found.slice(0, MAX_CERTIFICATES);
}

function presenceIn(
  bundles: readonly ParsedCertificates[],
  certificate: X509Certificate,
): CertificateEntry['inCaBundle'] {
  const count = bundles.filter(({ certificates }) => isAmong(certificate, certificates)).length;
  if (count === 0) return 'none';
  return count === bundles.length ? 'all' : 'some';
}

/** Returns what is wrong with the texts of `tls.crt` and `tls.key`, whatever CA is trusted; null if nothing is. */
function findPairFault(texts: CertificateTexts, now: Date): string | null {
  const { certificates, fault } = parseCertificates(texts.get('tls.crt') ?? '');
  const [serving] = certificates;
  if (serving === undefined || fault !== null) return `tls.crt: ${fault ?? 'it is empty'}`;
  if (!isKeyOf(serving, texts.get('tls.key') ?? '')) return 'tls.key is not the key of tls.crt';
  const invalid = findValidityFault(serving, now) ?? findUsageFault(serving);
  return invalid === null ? null : `tls.crt: ${invalid}`;
}

function findCaFault(texts: CertificateTexts): string | null {
  for (const key of ['ca.crt', 'next-ca.crt']) {
    const text = texts.get(key) ?? '';
    const fault = text.trim() === '' ? null : parseCertificates(text).fault;
    if (fault !== null) return `${key}: ${fault}`;
  }
  return null;
}

/** Judges a webhook as the API server does when it calls it. */
function judgeWebhook(
  webhook: ConfiguredWebhook,
  chain: readonly X509Certificate[],
  now: Date,
): WebhookEntry {
  const { configuration, name, serverName, caBundle } = webhook;
  const [serving] = chain;
  const entry = (matches: boolean | null, reason: string | null): WebhookEntry => ({
    configuration,
    name,
    matches,
    reason,
  });
  if (caBundle.trim() === '') return entry(false, 'caBundle is empty');
  const bundle = parseCertificates(caBundle);
  if (bundle.fault !== null) return entry(false, `caBundle: ${bundle.fault}`);
  if (serving === undefined) return entry(null, 'the serving certificate is unknown');
  const reason =
    findTrustFault(chain, bundle.certificates, now) ??
    (serverName === '' ? null : findNameFault(serving, [serverName]));
  return entry(reason === null, reason);
}

/** Returns a problem that makes the result a failure. */
export function failed(what: string, fix: string): CertificateProblem {
  return { kind: 'failed', what, fix };
}

function findProblems(
  input: ReportedCertificates,
  webhooks: readonly WebhookEntry[],
): readonly CertificateProblem[] {
  const { texts, fixes, now } = input;
  const pairFault = texts === null ? null : findPairFault(texts, now);
  const caFault = texts === null ? null : findCaFault(texts);
  const isMismatch = webhooks.some(({ matches }) => matches === false);
  return [
    ...[pairFault, caFault].flatMap((what) => (what === null ? [] : [failed(what, fixes.certificate)])),
    // With a certificate that cannot serve, no caBundle could match.
    ...(isMismatch && pairFault === null
      ? [failed('the API server does not trust the serving certificate for every webhook', fixes.caBundle)]
      : []),
  ];
}

/** Describes certificates, and holds them against the webhook configurations. */
export function reportCertificates(input: ReportedCertificates): CertificateReport {
  const { source, texts, webhooks: configured, now } = input;
  const bundles = (configured ?? []).map(({ caBundle }) => parseCertificates(caBundle));
  const found = findCertificates(texts ?? new Map(), bundles);
  const chain = found.flatMap(({ key, certificate }) => (key === 'tls.crt' ? [certificate] : []));
  const webhooks = (configured ?? []).map((webhook) => judgeWebhook(webhook, chain, now));
  return {
    source,
    certificates: found.map(({ role, key, certificate }) => ({
      role,
      key,
      ...describeCertificate(certificate, now),
      inCaBundle: configured === null ? null : presenceIn(bundles, certificate),
    })),
    webhooks,
    problems: findProblems(input, webhooks),
  };
}
