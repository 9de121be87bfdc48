import {
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Writes X.509 certificates (RFC 5280) with EC keys, as DER. Node reads certificates, but writes none; the libraries that do take
 * 14 MiB, which every replica would carry from its first renewal on.
 */

/** Tags of ASN.1 (X.690). */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
  /** Within a `GeneralName`. */
  dnsName: 0x82,
  ipAddress: 0x87,
} as const;

/** Object identifiers, encoded. */
const OID = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  extKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
} as const;

/** Bits of the key usage, with the number of unused ones first. */
const KEY_USAGE = { digitalSignature: '0780', certificatesAndLists: '0106' } as const;

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const digits = Buffer.from(length.toString(16).padStart(length < 0x100 ? 2 : 4, '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 + digits.length), digits, content]);
}

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(TAG.sequence, ...contents);
const hex = (tag: number, text: string): Buffer => der(tag, Buffer.from(text, 'hex'));
const oid = (name: keyof typeof OID): Buffer => hex(TAG.objectIdentifier, OID[name]);
const TRUE = hex(TAG.boolean, 'ff');
const ALGORITHM = sequence(oid('ecdsaWithSha256'));

/** RFC 5280, 4.1.2.5: two digits for the year until 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050
    ? der(TAG.utcTime, Buffer.from(digits.slice(2)))
    : der(TAG.generalizedTime, Buffer.from(digits));
}

function nameOf(commonName: string): Buffer {
  const value = der(TAG.utf8String, Buffer.from(commonName));
  return sequence(der(TAG.set, sequence(oid('commonName'), value)));
}

function extension(name: keyof typeof OID, isCritical: boolean, value: Buffer): Buffer {
  return sequence(oid(name), ...(isCritical ? [TRUE] : []), der(TAG.octetString, value));
}

function generalName(name: string): Buffer {
  return isIP(name) === 0
    ? der(TAG.dnsName, Buffer.from(name))
    : der(TAG.ipAddress, Buffer.from(ipaddr.parse(name).toByteArray()));
}

/** A CA signs certificates and has no further CA below it. */
const CA_EXTENSIONS = [
  extension('basicConstraints', true, sequence(TRUE, hex(TAG.integer, '00'))),
  extension('keyUsage', true, hex(TAG.bitString, KEY_USAGE.certificatesAndLists)),
];

function servingExtensions(names: readonly string[]): readonly Buffer[] {
  return [
    extension('basicConstraints', true, sequence()),
    extension('keyUsage', true, hex(TAG.bitString, KEY_USAGE.digitalSignature)),
    extension('extKeyUsage', false, sequence(oid('serverAuth'))),
    extension('subjectAltName', false, sequence(...names.map(generalName))),
  ];
}

/** Returns where the content of an element starts, and where it ends. */
function boundsOf(bytes: Buffer, at: number): readonly [start: number, end: number] {
  const first = bytes.readUInt8(at + 1);
  if (first < 0x80) return [at + 2, at + 2 + first];
  const digits = first - 0x80;
  const start = at + 2 + digits;
  return [start, start + bytes.readUIntBE(at + 2, digits)];
}

/** Returns the subject as it is written in a certificate: the issuer of another must equal it byte for byte. */
function subjectOf({ raw }: X509Certificate): Buffer {
  const [body] = boundsOf(raw, 0);
  let [at] = boundsOf(raw, body);
  // Version, serial number, algorithm, issuer, validity.
  for (let skipped = 0; skipped < 5; skipped += 1) [, at] = boundsOf(raw, at);
  return raw.subarray(at, boundsOf(raw, at)[1]);
}

interface Signed {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly validity: Validity;
  readonly extensions: readonly Buffer[];
}

function signCertificate({ subject, issuer, publicKey, signingKey, validity, extensions }: Signed): string {
  const serial = randomBytes(16);
  // Positive, and without a leading zero.
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0);
  const body = sequence(
    der(TAG.version, hex(TAG.integer, '02')),
    der(TAG.integer, serial),
    ALGORITHM,
    issuer,
    sequence(time(validity.from), time(validity.to)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(TAG.extensions, sequence(...extensions)),
  );
  const signature = der(TAG.bitString, Buffer.of(0), sign('sha256', body, signingKey));
  const base64 = sequence(body, ALGORITHM, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----'].join('\n');
}

export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

/** PEM texts. */
export interface WrittenCertificate {
  readonly cert: string;
  readonly key: string;
}

function generateKeys() {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...keys, key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** Creates a CA that signs itself. */
export function writeAuthority(commonName: string, validity: Validity): WrittenCertificate {
  const { publicKey, privateKey, key } = generateKeys();
  const name = nameOf(commonName);
  const signed = { subject: name, issuer: name, publicKey, signingKey: privateKey, validity };
  return { cert: signCertificate({ ...signed, extensions: CA_EXTENSIONS }), key };
}

/** Creates a certificate for a server with these names: DNS names and addresses. */
export function writeServingCertificate(
  names: readonly string[],
  ca: { readonly caCert: string; readonly caKey: string },
  validity: Validity,
): WrittenCertificate {
  const { publicKey, key } = generateKeys();
  const issuer = subjectOf(new X509Certificate(ca.caCert));
  const signingKey = createPrivateKey(ca.caKey);
  const signed = { subject: nameOf('wasmgate'), issuer, publicKey, signingKey, validity };
  return { cert: signCertificate({ ...signed, extensions: servingExtensions(names) }), key };
}
