import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { AppError, describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { findNameFault, findUsageFault, findValidityFault } from './find-certificate-fault.ts';
import { findTrustFault } from './find-trust-fault.ts';
import type { CertificateObserver, KeptCertificate, ServedCertificate } from './kept-certificate.ts';
import { type MountedPair, parseMountedPair, readMountedTexts } from './mounted-pair.ts';

/**
 * The kubelet delivers a changed Secret within about a minute, so a few seconds do not matter; the files are a few KiB. Change
 * notifications would miss the folder that it swaps.
 */
const POLL_MILLISECONDS = 5000;

/** For the moment in which the kubelet swaps the folder, or a script has copied one file of two. */
const SETTLING = { attempts: 4, pauseMilliseconds: 250 } as const;

/** Clocks of nodes differ: within this, wasmgate leaves it to the API server whether a certificate has expired. */
const CLOCK_SKEW_MILLISECONDS = 5 * 60_000;

export interface MountedOptions {
  readonly folder: string;
  /** Those of the Service. */
  readonly names: readonly string[];
  readonly intervalMilliseconds?: number;
  readonly pauseMilliseconds?: number;
}

/**
 * Reads the files until two reads agree, and parses them. A mounted Secret is a link that the kubelet swaps: between the reads of
 * two files, it may lead to the next certificate.
 */
async function readSettled(folder: string, pauseMilliseconds: number): Promise<MountedPair> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const texts = await readMountedTexts(folder);
      if (attempt === SETTLING.attempts || isDeepStrictEqual(texts, await readMountedTexts(folder)))
        return parseMountedPair(texts, folder);
    } catch (error) {
      if (attempt === SETTLING.attempts) throw error;
    }
    await delay(pauseMilliseconds);
  }
}

async function isIn(folder: string, known: ServedCertificate): Promise<boolean> {
  try {
    return isDeepStrictEqual(await readMountedTexts(folder), known);
  } catch {
    return false;
  }
}

/** Repeats a check until the signal fires. The timer keeps no process alive. */
async function poll(
  check: () => Promise<void>,
  intervalMilliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    // If aborted, the loop ends.
    await delay(intervalMilliseconds, undefined, { signal, ref: false }).catch(() => {});
    if (!signal.aborted) await check();
  }
}

/** Returns why no API server would accept the certificate now; null if nothing is known against it. */
function findFault({ serving }: MountedPair): string | null {
  const now = Date.now();
  const [earlier, later] = [now - CLOCK_SKEW_MILLISECONDS, now + CLOCK_SKEW_MILLISECONDS].map((time) =>
    findValidityFault(serving, new Date(time)),
  );
  if (typeof earlier !== 'string' || typeof later !== 'string') return null;
  return later.replace(/^it/, 'the serving certificate');
}

/** Returns what else speaks against it. It is served all the same: the API server may be configured for another name. */
function findDoubt({ serving, chain, authorities }: MountedPair, names: readonly string[]): string | null {
  const fault = findNameFault(serving, names) ?? findUsageFault(serving);
  if (fault !== null || authorities.length === 0) return fault;
  const distrust = findTrustFault(chain, authorities, new Date());
  return distrust === null ? null : `${distrust} (ca.crt)`;
}

/**
 * Serves the certificate of a mounted Secret, and each valid one that replaces it. Writes nothing: the issuer of the Secret also
 * keeps the CA in the webhook configurations.
 * @throws AppError if there is none at the start; an expired one is served, and reported as a fault
 */
export async function openMountedCertificate(
  { logger }: { readonly logger: Pick<Logger, 'info' | 'warn' | 'error'> },
  { folder, names, ...timing }: MountedOptions,
  signal: AbortSignal,
): Promise<KeptCertificate> {
  const { intervalMilliseconds = POLL_MILLISECONDS, pauseMilliseconds = SETTLING.pauseMilliseconds } = timing;
  let served = await readSettled(folder, pauseMilliseconds);
  const warnOfDoubt = (): void => {
    const fault = findDoubt(served, names);
    if (fault !== null) logger.warn({ folder, fault }, 'API servers may not accept the mounted certificate');
  };
  warnOfDoubt();

  /** @throws AppError if what is mounted now cannot replace the certificate */
  async function replace({ onReplaced }: CertificateObserver): Promise<void> {
    if (await isIn(folder, served.texts)) return;
    const next = await readSettled(folder, pauseMilliseconds);
    // Meanwhile, the files may be as they were.
    if (isDeepStrictEqual(next.texts, served.texts)) return;
    const fault = findFault(next);
    if (fault !== null && findFault(served) === null)
      throw new AppError('invalid-certificate', `Cannot serve what is in "${folder}": ${fault}`);
    served = next;
    onReplaced(next.texts);
    logger.info({ folder, notAfter: next.serving.validToDate }, 'serving the new certificate');
    warnOfDoubt();
  }

  let reported = '';
  const check = async (observer: CertificateObserver): Promise<void> => {
    try {
      await replace(observer);
      if (reported !== '') logger.info({ folder }, 'the mounted certificate is valid again');
      reported = '';
      observer.onChecked();
    } catch (error) {
      const problem = describeError(error);
      if (problem !== reported)
        logger.error({ folder, err: error }, 'mounted certificate rejected; the previous one stays in use');
      reported = problem;
    }
  };
  return {
    first: served.texts,
    // Never rejects, and ends with the signal.
    follow: (observer) => void poll(() => check(observer), intervalMilliseconds, signal),
    fault: () => findFault(served),
  };
}
