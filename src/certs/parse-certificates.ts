import { X509Certificate } from 'node:crypto';

const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Returns the certificates in a text, each as PEM. Other text around them is a comment. */
export function splitCertificates(pem: string): readonly string[] {
  return pem.match(CERTIFICATE_BLOCK) ?? [];
}

export function joinCertificates(certificates: readonly string[]): string {
  return certificates.map((pem) => `${pem}\n`).join('');
}

/** Returns the first certificate of a text; null if that cannot be parsed. */
export function readCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

export interface ParsedCertificates {
  /** Those that can be parsed, in the order of the text: a chain or a bundle. */
  readonly certificates: readonly X509Certificate[];
  /** What is wrong with the text; null if it holds certificates only. */
  readonly fault: string | null;
}

function describeOther(text: string): string {
  if (text.trim() === '') return 'it is empty';
  return text.includes('PRIVATE KEY-----')
    ? 'it holds a private key and no certificate'
    : 'it holds no PEM certificate';
}

/** Parses all certificates of a PEM text. */
export function parseCertificates(text: string): ParsedCertificates {
  const blocks = splitCertificates(text);
  if (blocks.length === 0) return { certificates: [], fault: describeOther(text) };
  let fault: string | null = null;
  const certificates = blocks.flatMap((block, index) => {
    const certificate = readCertificate(block);
    if (certificate !== null) return [certificate];
    fault ??= `certificate ${index + 1} of ${blocks.length} in it is broken`;
    return [];
  });
  return { certificates, fault };
}
