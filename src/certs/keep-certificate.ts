import { AppError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { CERTIFICATE_TIMES, type CertificateTimes } from './certificate-times.ts';
import type { CertificateObserver, KeptCertificate, ServedCertificate } from './kept-certificate.ts';
import { findServedFault, isUsable, planCertificates, type Situation } from './plan-certificates.ts';
import { readStored, writeStored, type SecretTexts, type StoredCertificates } from './stored-certificates.ts';
import { createTrustWatch, type FoundBundles } from './trust-watch.ts';

/** The Secret as it was read. */
export interface SecretVersion {
  /** Empty if the Secret does not exist. */
  readonly texts: SecretTexts;
  /** Writes all texts. Returns false if the Secret has changed since the read. */
  readonly replace: (texts: SecretTexts) => Promise<boolean>;
}

/** The cluster: the Secret that all replicas share, and the configurations in which the API server reads whom to trust. */
export interface CertificateCluster {
  readonly readSecret: () => Promise<SecretVersion>;
  readonly readBundles: () => Promise<readonly FoundBundles[]>;
  /** Writes `caBundle` where it differs. Returns what was there before. */
  readonly ensureBundle: (caBundle: string) => Promise<readonly FoundBundles[]>;
  /** Returns the time by the clock of the API server. */
  readonly now: () => Date;
}

interface KeeperDeps {
  readonly cluster: CertificateCluster;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Returns milliseconds of a monotonic clock. */
  readonly elapsed?: () => number;
}

export interface CertificateKeeper extends Pick<KeptCertificate, 'fault'> {
  /** Returns what to serve; null while running replicas may still restore the Secret: ask again soon. */
  readonly begin: () => Promise<ServedCertificate | null>;
  /**
   * Follows the Secret, renews what is due, and keeps `caBundle`. Returns false if the configurations do not exist yet.
   * @throws what the cluster threw, after doing all that is possible without it
   */
  readonly check: (observer: CertificateObserver) => Promise<boolean>;
}

/** Each lost race means that another replica has just written: the next read finds its certificates. */
const WRITE_ATTEMPTS = 5;

/** A replica that starts without a Secret gives running ones this many checks to restore it. */
const PATIENCE_CHECKS = 2;

/**
 * Keeps the serving certificate in a Secret and its CA in the webhook configurations. All replicas do the same, and none
 * knows of another. The API server lets one write, and the others follow.
 */
export function createCertificateKeeper(
  { cluster, logger, elapsed = () => performance.now() }: KeeperDeps,
  names: readonly string[],
  times: CertificateTimes = CERTIFICATE_TIMES,
): CertificateKeeper {
  const trust = createTrustWatch(elapsed, times.overlapMilliseconds);
  /** The newest of the Secret; its serving certificate may be one that the API server does not trust yet. */
  let newest: StoredCertificates | null = null;
  let served: StoredCertificates | null = null;
  let isTrusted = false;
  let isAbsent = false;
  let missingSince: number | null = null;

  function follow(stored: StoredCertificates): void {
    newest = stored;
    const isAccepted =
      served === null ||
      served.authority.caCert === stored.authority.caCert ||
      findServedFault(served, names, cluster.now()) !== null ||
      trust.accepts(stored.authority.caCert);
    if (isAccepted) served = stored;
  }

  function situationOf(stored: StoredCertificates | null): Situation {
    // What the others may serve stays trusted, although this replica does not serve it yet.
    const own = served === null || newest === null ? null : { ...served, caBundle: newest.caBundle };
    const [trusted, proven] = [trust.trusted(), trust.proven()];
    return { stored, served: own, trusted, proven, names, now: cluster.now() };
  }

  /** Reports whether running replicas may exist, whose certificate a new CA would replace. */
  async function mustWait(stored: StoredCertificates | null): Promise<boolean> {
    if (served !== null || (stored !== null && isUsable(stored, { names, now: cluster.now() }))) return false;
    trust.note(await cluster.readBundles(), null);
    if (trust.trusted().length === 0) return false;
    if (missingSince === null)
      logger.info({}, 'the Secret holds no certificate: waiting for a running replica to restore it');
    missingSince ??= elapsed();
    return elapsed() - missingSince < PATIENCE_CHECKS * times.checkMilliseconds;
  }

  /** After a lost race (another replica created or changed the Secret), reads again and follows the winner. */
  async function keepSecret(): Promise<void> {
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS; attempt += 1) {
      const { texts, replace } = await cluster.readSecret();
      const stored = readStored(texts);
      if (await mustWait(stored)) return;
      const { wanted, changes } = await planCertificates(situationOf(stored), times);
      if (changes.length === 0) return follow(wanted);
      // It can serve meanwhile, also if the write fails.
      if (stored !== null && findServedFault(stored, names, cluster.now()) === null) follow(stored);
      if (!(await replace(writeStored(texts, wanted)))) continue;
      logger.info({ changes }, 'changed the certificates in the Secret');
      return follow(wanted);
    }
    throw new AppError(
      'conflict',
      'Cannot keep the certificates: their Secret changes faster than it can be read',
    );
  }

  async function keepBundle({ caBundle, next }: StoredCertificates): Promise<void> {
    try {
      const found = await cluster.ensureBundle(caBundle);
      trust.note(found, next?.caCert ?? null);
      isTrusted = true;
      const wasAbsent = isAbsent;
      isAbsent = found.includes(null);
      if (isAbsent && !wasAbsent) logger.warn({}, 'the webhook configurations do not exist yet');
    } catch (error) {
      trust.interrupt();
      throw error;
    }
  }

  async function check({ onReplaced, onChecked }: CertificateObserver): Promise<boolean> {
    const before = served?.cert;
    const [secret] = await Promise.allSettled([keepSecret()]);
    if (served !== null && served.cert !== before) {
      onReplaced(describe(served));
      logger.info({}, 'serving the new certificate');
    }
    if (newest !== null) await keepBundle(newest);
    if (secret.status === 'rejected') throw secret.reason;
    onChecked();
    return !isAbsent;
  }

  async function begin(): Promise<ServedCertificate | null> {
    const [secret] = await Promise.allSettled([keepSecret()]);
    if (secret.status === 'rejected' && served === null) throw secret.reason;
    return served === null ? null : describe(served);
  }

  function fault(): string | null {
    const found = served === null ? 'there is none' : findServedFault(served, names, cluster.now());
    if (found !== null) return `waiting for a certificate that API servers accept: ${found}`;
    return isTrusted ? null : 'waiting for its CA in the webhook configurations';
  }

  return { begin, check, fault };
}

function describe({ cert, key, authority }: StoredCertificates): ServedCertificate {
  return { cert, key, caCert: authority.caCert };
}
