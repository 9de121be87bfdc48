import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { isMissing, readText } from '../files/read-text.ts';
import { AppError, describeError } from '../lib/errors.ts';
import type { ServedCertificate } from './kept-certificate.ts';
import { parseCertificates } from './parse-certificates.ts';

/** The keys of a Secret of type `kubernetes.io/tls`, and the CA that cert-manager adds. */
const FILES = { cert: 'tls.crt', key: 'tls.key', caCert: 'ca.crt' } as const;

const ADVICE = {
  cert: 'Write the serving certificate in PEM, followed by its intermediates.',
  key: 'Write its RSA, EC or Ed25519 key in PEM.',
  encrypted: 'wasmgate has no passphrase. Store the key without one: openssl pkey -in KEY -out tls.key',
  mismatch: 'Write a key and a certificate that belong together, the serving certificate first.',
  tls: 'Issue a certificate with a key and a signature that TLS 1.2 and later accept.',
  caCert: 'Write the certificates of the CA in PEM, or remove the file.',
} as const;

/** A pair that a TLS server can use. */
export interface MountedPair {
  /** PEM texts as they are in the files. */
  readonly texts: ServedCertificate;
  readonly serving: X509Certificate;
  /** The serving certificate and its intermediates. */
  readonly chain: readonly X509Certificate[];
  /** Empty without `ca.crt`. */
  readonly authorities: readonly X509Certificate[];
}

function cannotServe(path: string, state: string, advice: string): AppError {
  return new AppError('invalid-certificate', `Cannot serve "${path}": ${state}`, { blame: 'input', advice });
}

function readFile(folder: string, name: string): Promise<string> {
  const advice = `The folder needs tls.crt and tls.key, as a mounted Secret of type kubernetes.io/tls. For certificates that wasmgate issues itself, on your machine: --development-certificates ${folder}`;
  return readText({ path: join(folder, name), advice });
}

/** Some issuers leave it out, others empty. */
async function readCa(folder: string): Promise<string | null> {
  try {
    const text = await readFile(folder, FILES.caCert);
    return text.trim() === '' ? null : text;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** @throws AppError that names the file, if one cannot be read */
export async function readMountedTexts(folder: string): Promise<ServedCertificate> {
  // In this order, so that a folder in which several are missing always gives the same error.
  const cert = await readFile(folder, FILES.cert);
  const key = await readFile(folder, FILES.key);
  const caCert = await readCa(folder);
  return { cert, key, caCert };
}

function parseKey(text: string, path: string): KeyObject {
  // For an encrypted key, OpenSSL reports only that asking for the passphrase was canceled.
  if (/BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: 4,ENCRYPTED/m.test(text))
    throw cannotServe(path, 'the key is encrypted', ADVICE.encrypted);
  try {
    return createPrivateKey(text);
  } catch {
    const state = text.trim() === '' ? 'it is empty' : 'it holds no PEM private key';
    throw cannotServe(path, state, ADVICE.key);
  }
}

function checkKey(chain: readonly X509Certificate[], key: KeyObject, path: string): void {
  const position = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
  if (position === 0) return;
  const state =
    position === -1
      ? `it is not the key of the certificate in ${FILES.cert}`
      : `it is the key of certificate ${position + 1} in ${FILES.cert}, and not of the first`;
  throw cannotServe(path, state, ADVICE.mismatch);
}

/**
 * Parses the texts, and checks that a TLS server can use them.
 * @throws AppError that names the file, what is wrong and what to do
 */
export function parseMountedPair(texts: ServedCertificate, folder: string): MountedPair {
  const pathOf = (file: keyof typeof FILES): string => join(folder, FILES[file]);
  const { certificates: chain, fault } = parseCertificates(texts.cert);
  const [serving] = chain;
  if (serving === undefined || fault !== null)
    throw cannotServe(pathOf('cert'), fault ?? 'it is empty', ADVICE.cert);
  checkKey(chain, parseKey(texts.key, pathOf('key')), pathOf('key'));
  try {
    createSecureContext({ cert: texts.cert, key: texts.key });
  } catch (error) {
    throw cannotServe(pathOf('cert'), `TLS rejects it: ${describeError(error)}`, ADVICE.tls);
  }
  const ca = texts.caCert === null ? null : parseCertificates(texts.caCert);
  if (typeof ca?.fault === 'string') throw cannotServe(pathOf('caCert'), ca.fault, ADVICE.caCert);
  return { texts, serving, chain, authorities: ca?.certificates ?? [] };
}
