import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readText } from '../../files/read-text.ts';
import { AppError } from '../../lib/errors.ts';
import type { EndpointList, HostsTable, TlsFiles, TlsMaterial } from '../endpoints.ts';
import type { SettingFiles } from './file-reading.ts';

const PEM_ADVICE = 'The file must be PEM. Convert DER with: openssl x509 -inform der -in FILE';

/** @throws AppError `invalid-pem`, or with a `FileErrorCode` */
export async function readCertificates(
  path: string,
  files: Pick<SettingFiles, 'text'> = { text: readText },
): Promise<string> {
  const text = await files.text({ path, advice: PEM_ADVICE });
  checkCertificates({ path, text });
  return text;
}

type Client = TlsFiles['client'][number];

async function readClient(client: Client, files: SettingFiles): Promise<TlsMaterial['client'][number]> {
  const cert = await readCertificates(client.cert, files);
  const path = client.key ?? client.cert;
  const key = client.key === null ? cert : await files.text({ path });
  checkKeyOf({ path: client.cert, text: cert }, { path, text: key });
  return { cert, key };
}

/** Loads TLS files; records the faults of unusable files and leaves them out. */
export async function loadTls(tls: TlsFiles, files: SettingFiles): Promise<TlsMaterial> {
  const cas = tls.ca.map((file) => files.attempt(async () => [await readCertificates(file, files)], []));
  const clients = tls.client.map((client) =>
    files.attempt(async () => [await readClient(client, files)], []),
  );
  return {
    ca: (await Promise.all(cas)).flat(),
    client: (await Promise.all(clients)).flat(),
    insecure: tls.insecure,
  };
}

async function loadEndpoints(list: EndpointList<TlsFiles>, files: SettingFiles): Promise<EndpointList> {
  return Promise.all(
    list.map(async (endpoint) => ({
      ...endpoint,
      tls: endpoint.tls === null ? null : await loadTls(endpoint.tls, files),
    })),
  );
}

/** Loads the files that a table names. */
export async function loadTable(
  { byRegistry, others }: HostsTable<TlsFiles>,
  files: SettingFiles,
): Promise<HostsTable> {
  const lists = [...byRegistry].map(
    async ([name, list]) => [name, await loadEndpoints(list, files)] as const,
  );
  return {
    byRegistry: new Map(await Promise.all(lists)),
    others: others === null ? null : await loadEndpoints(others, files),
  };
}

export type PemErrorCode = 'invalid-pem';

interface PemFile {
  readonly path: string;
  readonly text: string;
}

function invalid(path: string, state: string): AppError<PemErrorCode> {
  return new AppError('invalid-pem', `Cannot use "${path}": ${state}`, { blame: 'input' });
}

/** Splits a file into PEM blocks; text between blocks stays with the block before it. */
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
 * Checks certificates. Node accepts any text as authorities, and then every connection fails without a visible reason.
 * @throws AppError `invalid-pem`
 */
function checkCertificates({ path, text }: PemFile): void {
  const blocks = blocksOf(text, /^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/);
  if (blocks.length === 0) throw invalid(path, 'it contains no certificate');
  const broken = blocks.findIndex((block) => parseCertificate(block) === null);
  if (broken < 0) return;
  const which = blocks.length === 1 ? 'the certificate' : `certificate ${broken + 1} of ${blocks.length}`;
  throw invalid(path, `${which} in it is broken`);
}

/** @throws AppError `invalid-pem`, which never quotes the key */
function checkKeyOf(certificate: PemFile, key: PemFile): void {
  const [block] = blocksOf(key.text, /^-----BEGIN [A-Z ]*PRIVATE KEY-----/);
  if (block === undefined) throw invalid(key.path, 'it contains no key');
  if (/ENCRYPTED/.test(block))
    throw invalid(key.path, 'its key needs a passphrase, which wasmgate does not support');
  const parsed = parseCertificate(certificate.text);
  let isIts: boolean | undefined;
  try {
    isIts = parsed?.checkPrivateKey(createPrivateKey(block));
  } catch {
    throw invalid(key.path, 'the key in it is broken');
  }
  if (isIts === false)
    throw invalid(key.path, `its key does not belong to certificate "${certificate.path}"`);
}
