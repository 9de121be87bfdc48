import { createPrivateKey, X509Certificate } from 'node:crypto';
import { AppError } from '../../lib/errors.ts';

export type PemErrorCode = 'invalid-pem';

interface PemFile {
  readonly path: string;
  readonly text: string;
}

function invalid(path: string, state: string): AppError<PemErrorCode> {
  return new AppError('invalid-pem', `Cannot use "${path}": ${state}`, { blame: 'input' });
}

/** Each from its first line to where the next begins: what stands between them is left to whoever reads them. */
function blocksOf(text: string, head: RegExp): readonly string[] {
  return text.split(/(?=-----BEGIN )/).filter((block) => head.test(block));
}

function parseCertificate(block: string): X509Certificate | null {
  try {
    return new X509Certificate(block);
  } catch {
    return null;
  }
}

/**
 * Node takes any text for authorities and says nothing: every connection would fail for a reason that nobody sees.
 * @throws AppError `invalid-pem`
 */
export function checkCertificates({ path, text }: PemFile): void {
  const blocks = blocksOf(text, /^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/);
  if (blocks.length === 0) throw invalid(path, 'there is no certificate in it');
  const broken = blocks.findIndex((block) => parseCertificate(block) === null);
  if (broken < 0) return;
  const which = blocks.length === 1 ? 'the certificate' : `certificate ${broken + 1} of ${blocks.length}`;
  throw invalid(path, `${which} in it is broken`);
}

/** @throws AppError `invalid-pem`, which never says what is in the key */
export function checkKeyOf(certificate: PemFile, key: PemFile): void {
  const [block] = blocksOf(key.text, /^-----BEGIN [A-Z ]*PRIVATE KEY-----/);
  if (block === undefined) throw invalid(key.path, 'there is no key in it');
  if (/ENCRYPTED/.test(block)) throw invalid(key.path, 'its key needs a passphrase, and none can be named');
  const parsed = parseCertificate(certificate.text);
  let isIts: boolean | undefined;
  try {
    isIts = parsed?.checkPrivateKey(createPrivateKey(block));
  } catch {
    throw invalid(key.path, 'the key in it is broken');
  }
  if (isIts === false) throw invalid(key.path, `its key is not that of certificate "${certificate.path}"`);
}
