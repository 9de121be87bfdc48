/** A certificate to serve, and what metrics show of it. PEM texts; the key is secret. */
export interface ServedCertificate {
  readonly cert: string;
  readonly key: string;
  /** The CA that issued it; null if wasmgate does not have it. */
  readonly caCert: string | null;
}

export interface CertificateObserver {
  /** Receives each certificate that replaces the previous one: serve it from now on. */
  readonly onReplaced: (certificate: ServedCertificate) => void;
  /** Called after each check that succeeded, whether or not it changed anything. */
  readonly onChecked: () => void;
}

/** A certificate that is replaced while the process runs, by any issuer. */
export interface KeptCertificate {
  readonly first: ServedCertificate;
  /** Begins to check for replacements, until the process stops. */
  readonly follow: (observer: CertificateObserver) => void;
  /** Returns why the API server would not accept what is served now; null if it would. */
  readonly fault: () => string | null;
}
