import { createSecureContext } from 'node:tls';
import { describeError } from '../lib/errors.ts';
import { oncePer } from '../lib/once-per.ts';
import type { CertificateTimes } from './certificate-times.ts';
import { findCertificateFault, isSigningAuthority } from './find-certificate-fault.ts';
import { joinCertificates, readCertificate, splitCertificates } from './parse-certificates.ts';
import {
  createAuthority,
  isDue,
  issueCertificate,
  validityOf,
  type CertificateAuthority,
  type IssueTimes,
} from './serving-certificate.ts';
import type { StoredCertificates } from './stored-certificates.ts';

/** The current CA, the next one, and two that were retired. At the limit, the CA that was retired first is dropped. */
const MOST_TRUSTED = 4;

/** What is known when a replica decides about the Secret. */
export interface Situation {
  /** What the Secret holds; null if it does not exist or is empty. */
  readonly stored: StoredCertificates | null;
  /** What this replica serves; null at its start. */
  readonly served: StoredCertificates | null;
  /** CAs that the API server trusts besides: those that a new CA replaces. */
  readonly trusted: readonly string[];
  /** The next CA, if it has stood in every `caBundle` long enough. */
  readonly proven: string | null;
  readonly names: readonly string[];
  /** By the clock of the API server, which judges the certificates. */
  readonly now: Date;
}

export interface Plan {
  /** What the Secret shall hold: `stored` itself if nothing has to change. */
  readonly wanted: StoredCertificates;
  /** What changes, for the log. */
  readonly changes: readonly string[];
}

/** Reports whether replicas can serve this until the API server trusts something else, or can issue what they serve. */
export function isUsable(
  stored: StoredCertificates,
  { names, now }: Pick<Situation, 'names' | 'now'>,
): boolean {
  return (
    findServedFault(stored, names, now) === null ||
    isSigningAuthority(stored.authority, now) ||
    (stored.next !== null && isSigningAuthority(stored.next, now))
  );
}

/** Returns why a TLS server rejects a pair: a weak key, or something broken behind the certificate. Memoized for readiness. */
const findTlsFault = oncePer(({ cert, key }: StoredCertificates): string | null => {
  try {
    createSecureContext({ cert, key });
    return null;
  } catch (error) {
    return `TLS rejects it: ${describeError(error)}`;
  }
});

/** Returns why it cannot be served, or no API server would accept it; null if one would. */
export function findServedFault(
  stored: StoredCertificates,
  names: readonly string[],
  now: Date,
): string | null {
  const { cert, key, authority } = stored;
  return findCertificateFault({ cert, key, caCert: authority.caCert }, names, now) ?? findTlsFault(stored);
}

/** Plans what the Secret shall hold. The rules need no other replica: what one writes, the others follow. */
export async function planCertificates(situation: Situation, times: CertificateTimes): Promise<Plan> {
  const { stored, served, now } = situation;
  const changes: string[] = [];
  const work: Work = { situation, times, issue: { ...times, now }, changes };
  const usable = [stored, served].find((one) => one !== null && isUsable(one, situation)) ?? null;
  if (usable === null) return { wanted: await createAll(work), changes };
  // The forced rotation: deleting the Secret asks for another CA, but no API server trusts that one yet.
  const isRestored = usable !== stored;
  if (isRestored) changes.push('restored the serving certificate of a running replica');
  const renewed = await renewServing(promote(isRestored ? { ...usable, next: null } : usable, work), work);
  const wanted = { ...renewed, next: await renewNext(renewed, work, isRestored) };
  const caBundle = bundleOf(wanted, situation);
  if (changes.length === 0 && caBundle !== usable.caBundle) changes.push('changed which CAs are trusted');
  return { wanted: changes.length === 0 ? usable : { ...wanted, caBundle }, changes };
}

interface Work {
  readonly situation: Situation;
  readonly times: CertificateTimes;
  readonly issue: IssueTimes;
  readonly changes: string[];
}

/** Returns each certificate once, without those that have expired and what is no certificate. */
function listTrusted(certificates: readonly string[], now: Date): readonly string[] {
  const trusted = new Map<string, string>();
  for (const pem of certificates) {
    const certificate = readCertificate(pem);
    if (certificate === null || certificate.validToDate < now) continue;
    if (!trusted.has(certificate.fingerprint256)) trusted.set(certificate.fingerprint256, pem);
  }
  return [...trusted.values()];
}

/** Creates everything, but keeps the trust in what other replicas may serve. */
async function createAll({ situation, issue, changes }: Work): Promise<StoredCertificates> {
  const { stored, trusted, names, now } = situation;
  const authority = await createAuthority(issue);
  const others = [...splitCertificates(stored?.caBundle ?? ''), ...trusted];
  const all = listTrusted([authority.caCert, ...others], now).slice(0, MOST_TRUSTED);
  changes.push('created a CA', 'issued a serving certificate');
  const certificate = await issueCertificate(names, authority, issue);
  return { ...certificate, authority, next: null, caBundle: joinCertificates(all) };
}

/** Makes the next CA the current one when every API server trusts it, or when the current one has nothing left to offer. */
function promote(stored: StoredCertificates, { situation, changes }: Work): StoredCertificates {
  const { proven, names, now } = situation;
  const { next, authority } = stored;
  if (next === null || !isSigningAuthority(next, now)) return stored;
  const isLost = !isSigningAuthority(authority, now) && findServedFault(stored, names, now) !== null;
  if (proven !== next.caCert && !isLost) return stored;
  changes.push('made the next CA the current one');
  return { ...stored, authority: next, next: null };
}

async function renewServing(
  stored: StoredCertificates,
  { situation, issue, changes }: Work,
): Promise<StoredCertificates> {
  const { names, now } = situation;
  const { authority, cert } = stored;
  if (!isSigningAuthority(authority, now)) return stored;
  const fault = findServedFault(stored, names, now);
  // None outlives its CA.
  const isLast = (): boolean => validityOf(cert).to >= validityOf(authority.caCert).to;
  if (fault === null && (!isDue(cert, now) || isLast())) return stored;
  const reason = fault ?? 'less than half of the life of the previous one was left';
  changes.push(`issued a serving certificate: ${reason}`);
  return { ...stored, ...(await issueCertificate(names, authority, issue)) };
}

/** Returns the CA that is to follow: another one if the current one cannot sign, or not for much longer. */
async function renewNext(
  { authority, next }: StoredCertificates,
  { times, issue, changes }: Work,
  isForced: boolean,
): Promise<CertificateAuthority | null> {
  const { now } = issue;
  if (next !== null && isSigningAuthority(next, now)) return next;
  const left = (): number => validityOf(authority.caCert).to.getTime() - now.getTime();
  const isNeeded = isForced || !isSigningAuthority(authority, now) || left() < times.rotateBeforeMilliseconds;
  if (!isNeeded && next === null) return null;
  changes.push(isNeeded ? 'created the next CA' : 'removed a next CA that cannot sign');
  return isNeeded ? await createAuthority(issue) : null;
}

/** Returns all CAs to trust: also the one whose certificate this replica serves, until it serves another. */
function bundleOf(wanted: StoredCertificates, { stored, served, now }: Situation): string {
  const known = splitCertificates(stored?.caBundle ?? '');
  const first = [wanted.authority.caCert, ...(wanted.next === null ? [] : [wanted.next.caCert])];
  const others = [...splitCertificates(wanted.caBundle), ...known];
  const trusted = listTrusted([...first, ...others], now).slice(0, MOST_TRUSTED);
  const serves = served === null || trusted.includes(served.authority.caCert);
  const all = serves
    ? trusted
    : listTrusted([...first, served.authority.caCert, ...others], now).slice(0, MOST_TRUSTED);
  // The text of others stays as it is: 0.1.0 compares texts.
  return stored !== null && all.join('') === known.join('') ? stored.caBundle : joinCertificates(all);
}
