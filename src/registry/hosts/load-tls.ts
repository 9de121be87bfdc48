import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readText } from '../../files/read-text.ts';
import { AppError } from '../../lib/errors.ts';
import type { EndpointList, HostsTable, TlsFiles, TlsMaterial } from '../endpoints.ts';
import type { SettingFiles } from './file-reading.ts';

const PEM_ADVICE = 'It takes PEM; of DER it is made by: openssl x509 -inform der -in FILE';

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

/** A file that cannot be used is noted down, and left out. */
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

/** A table with what is in the files that it names. */
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
function checkCertificates({ path, text }: PemFile): void {
  const blocks = blocksOf(text, /^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/);
  if (blocks.length === 0) throw invalid(path, 'there is no certificate in it');
  const broken = blocks.findIndex((block) => parseCertificate(block) === null);
  if (broken < 0) return;
  const which = blocks.length === 1 ? 'the certificate' : `certificate ${broken + 1} of ${blocks.length}`;
  throw invalid(path, `${which} in it is broken`);
}

/** @throws AppError `invalid-pem`, which never says what is in the key */
function checkKeyOf(certificate: PemFile, key: PemFile): void {
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
