/** A content digest `algorithm:hex`, checked. Grammar: OCI image spec, descriptor.md, "Digests". */
export type Digest = `${string}:${string}`;

/** The registered algorithms (descriptor.md, "Registered Algorithms") and the length of their hexadecimal text. */
const HEX_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

const DIGEST = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([A-Za-z0-9=_-]+)$/;

export function isDigest(text: string): text is Digest {
  const match = DIGEST.exec(text);
  if (match === null) return false;
  const [, algorithm = '', encoded = ''] = match;
  const length = Object.hasOwn(HEX_LENGTHS, algorithm) ? HEX_LENGTHS[algorithm] : undefined;
  return length !== undefined && encoded.length === length && /^[a-f0-9]+$/.test(encoded);
}

/** The algorithm's name as `node:crypto` and the OCI spec both spell it. */
export function digestAlgorithm(digest: Digest): 'sha256' | 'sha512' {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}
