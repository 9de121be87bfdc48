import { readText } from '../../files/read-text.ts';
import type { EndpointList, HostsTable, TlsFiles, TlsMaterial } from '../endpoint.ts';
import type { SettingFiles } from './file-reading.ts';
import { checkCertificates, checkKeyOf } from './parse-pem.ts';

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
