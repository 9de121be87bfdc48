import { generate, type SelfsignedOptions } from 'selfsigned';

const DAY = 24 * 60 * 60 * 1000;

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Wanted {
  readonly commonName: string;
  readonly organization?: string;
  readonly addresses?: readonly string[];
  readonly names?: readonly string[];
  /** Days from now. */
  readonly from?: number;
  readonly to?: number;
  readonly isCa?: boolean;
  readonly keyType?: 'rsa' | 'ec';
  /** Bits of an RSA key. */
  readonly keySize?: number;
  readonly usage?: 'serverAuth' | 'clientAuth';
  /** Signs it; by default it signs itself. */
  readonly by?: Issued;
  /** Another one for each certificate by default. */
  readonly keyPair?: SelfsignedOptions['keyPair'];
}

/** Issues a certificate as a CA other than wasmgate's would. */
export async function issue(wanted: Wanted): Promise<Issued> {
  const { commonName, names = [], from = -1, to = 30, isCa = false, keyType = 'ec', usage, by } = wanted;
  const { keyPair, keySize, organization, addresses = [] } = wanted;
  const extensions: NonNullable<SelfsignedOptions['extensions']> = [
    { name: 'basicConstraints', cA: isCa, critical: true },
  ];
  const altNames = [
    ...names.map((value) => ({ type: 2 as const, value })),
    ...addresses.map((ip) => ({ type: 7 as const, ip })),
  ];
  if (altNames.length > 0) extensions.push({ name: 'subjectAltName', altNames });
  if (usage !== undefined) extensions.push({ name: 'extKeyUsage', [usage]: true });
  const subject = [
    { name: 'commonName', value: commonName },
    ...(organization === undefined ? [] : [{ name: 'organizationName', value: organization }]),
  ];
  const made = await generate(subject, {
    keyType,
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() + from * DAY),
    notAfterDate: new Date(Date.now() + to * DAY),
    extensions,
    ...(by === undefined ? {} : { ca: by }),
    ...(keyPair === undefined ? {} : { keyPair }),
    ...(keySize === undefined ? {} : { keySize }),
  });
  // Each on lines of its own, so that they can be joined to a chain.
  return { cert: `${made.cert.trim()}\n`, key: made.private };
}
