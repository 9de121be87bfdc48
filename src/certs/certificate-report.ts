/** The report of `wasmgate certs show`: its keys and their values are stable. It never holds a private key. */
export interface CertificateReport {
  readonly source: CertificateSource;
  readonly certificates: readonly CertificateEntry[];
  /** Empty if no cluster was read. */
  readonly webhooks: readonly WebhookEntry[];
  readonly problems: readonly CertificateProblem[];
}

export interface CertificateSource {
  readonly kind: 'secret' | 'folder';
  /** `namespace/name`, or the path. */
  readonly name: string;
}

/**
 * `authority`: the first of `ca.crt`; `other-authority`: the others, which are still trusted, and those in `caBundle` only;
 * `next-authority`: the one that will sign next.
 */
export type CertificateRole = 'serving' | 'intermediate' | 'authority' | 'other-authority' | 'next-authority';

export interface CertificateEntry {
  readonly role: CertificateRole;
  /** The key or file that holds it, or `caBundle`. */
  readonly key: string;
  readonly subject: string;
  readonly subjectAltNames: readonly string[];
  readonly issuer: string;
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Whole days, rounded down; negative after the end. */
  readonly daysLeft: number;
  readonly fingerprint256: string;
  /** In `caBundle` of all webhooks, of some or of none; null if no cluster was read. */
  readonly inCaBundle: 'all' | 'some' | 'none' | null;
}

export interface WebhookEntry {
  /** `mutatingwebhookconfiguration/wasmgate` */
  readonly configuration: string;
  readonly name: string;
  /** True if its `caBundle` trusts the serving certificate under the name that the API server dials; null if unknown. */
  readonly matches: boolean | null;
  /** Why it does not; null if it does. */
  readonly reason: string | null;
}

export interface CertificateProblem {
  /** `unknown` if something could not be read, so that the result is undecided. */
  readonly kind: 'failed' | 'unknown';
  readonly what: string;
  readonly fix: string;
}

/** The texts of a Secret of type `kubernetes.io/tls` or of a folder, by key. */
export type CertificateTexts = ReadonlyMap<string, string>;

/** A webhook as its configuration has it. */
export interface ConfiguredWebhook {
  readonly configuration: string;
  readonly name: string;
  /** The name that the API server verifies: that of the Service, or the host of the URL; '' if there is neither. */
  readonly serverName: string;
  /** PEM. */
  readonly caBundle: string;
}
