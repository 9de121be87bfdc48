import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../files/read-text.ts';
import { AppError, describeError } from '../lib/errors.ts';
import { renewCertificate, LOCAL_NAMES, type ServingCertificate } from './serving-certificate.ts';

export type CertificateErrorCode = 'certificate-files';

/** Git ignores `certs/*.pem`. */
const FILES = {
  caCert: { name: 'ca.pem', mode: 0o644 },
  caKey: { name: 'ca-key.pem', mode: 0o600 },
  cert: { name: 'serving.pem', mode: 0o644 },
  key: { name: 'serving-key.pem', mode: 0o600 },
} as const;

/**
 * Loads the development certificate from a folder; creates it if there is none for these names.
 * @throws AppError `certificate-files` if the folder cannot be read or written
 */
export async function loadDevelopmentCertificate(
  folder: string,
  names: readonly string[] = LOCAL_NAMES,
): Promise<ServingCertificate> {
  try {
    const known = await readBundle(folder);
    const bundle = await renewCertificate(known, names);
    if (bundle !== known) await writeBundle(folder, bundle);
    return bundle;
  } catch (cause) {
    throw new AppError<CertificateErrorCode>(
      'certificate-files',
      `Cannot keep certificates in "${folder}": ${describeError(cause)}`,
      { cause, advice: 'Choose a writable folder, or remove what is in the way.' },
    );
  }
}

async function readBundle(folder: string): Promise<ServingCertificate | null> {
  const read = (file: { readonly name: string }): Promise<string> =>
    readFile(join(folder, file.name), 'utf8');
  try {
    const [caCert, caKey, cert, key] = await Promise.all([
      read(FILES.caCert),
      read(FILES.caKey),
      read(FILES.cert),
      read(FILES.key),
    ]);
    return { caCert, caKey, cert, key };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Renames a new file into place: it does not inherit the mode of an older one, and no reader sees half of it. */
async function writeBundle(folder: string, bundle: ServingCertificate): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [part, { name, mode }] of Object.entries(FILES)) {
    const path = join(folder, name);
    const draft = `${path}.${process.pid}.pem`;
    await writeFile(draft, bundle[part as keyof typeof FILES], { mode });
    await rename(draft, path);
  }
}
