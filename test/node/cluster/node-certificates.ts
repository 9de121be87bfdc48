import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issue, type Wanted } from '../../support/certs/issue.ts';
import { NETWORK, NODE_NAME, STATE_FOLDER } from './node-settings.ts';

const FOLDER = join(STATE_FOLDER, 'certificates');

/** A kept node may run for weeks. */
const DAYS = 365;

const CERTIFICATES = {
  apiServer: {
    commonName: 'kube-apiserver',
    names: ['kubernetes.default.svc'],
    addresses: ['127.0.0.1', NETWORK.apiServerService],
    usage: 'serverAuth',
  },
  /** What the API server shows to the kubelet, for logs. */
  apiServerToKubelet: {
    commonName: 'kube-apiserver-kubelet-client',
    organization: 'system:masters',
    usage: 'clientAuth',
  },
  kubelet: {
    commonName: NODE_NAME,
    names: [NODE_NAME],
    addresses: [NETWORK.nodeAddress],
    usage: 'serverAuth',
  },
} as const satisfies Record<string, Wanted>;

interface KeyFiles {
  readonly cert: string;
  readonly key: string;
}

/** Paths of PEM files. */
export type NodeCertificates = Readonly<Record<keyof typeof CERTIFICATES, KeyFiles>> & {
  readonly ca: string;
  /** The keys that sign and verify tokens of ServiceAccounts. */
  readonly accountKey: string;
  readonly accountPublicKey: string;
};

/** Issues what the servers of the node show to each other, all by one CA. */
export async function writeNodeCertificates(): Promise<NodeCertificates> {
  await mkdir(FOLDER, { recursive: true, mode: 0o700 });
  const write = async (name: string, content: string): Promise<string> => {
    const path = join(FOLDER, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  const ca = await issue({ commonName: 'wasmgate-node', isCa: true, to: DAYS });
  const issued = Object.entries(CERTIFICATES).map(async ([name, wanted]) => {
    const { cert, key } = await issue({ ...wanted, to: DAYS, by: ca });
    return [name, { cert: await write(`${name}.crt`, cert), key: await write(`${name}.key`, key) }] as const;
  });
  const account = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  return {
    ...(Object.fromEntries(await Promise.all(issued)) as Record<keyof typeof CERTIFICATES, KeyFiles>),
    ca: await write('ca.crt', ca.cert),
    accountKey: await write('account.key', account.privateKey),
    accountPublicKey: await write('account.pub', account.publicKey),
  };
}
