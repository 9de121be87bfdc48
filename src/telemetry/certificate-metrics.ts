import type { Metrics } from './metrics.ts';

interface Validity {
  readonly from: Date;
  readonly to: Date;
}

interface Validities {
  readonly serving: Validity;
  /** Null if wasmgate does not have the CA's certificate: then it has no series. */
  readonly authority: Validity | null;
}

const LABELS = { certificate: ['serving', 'authority'] } as const;

/** Adds the metrics of the certificate that is served: alerts compare what is left of its lifetime with all of it. */
export function addCertificateMetrics(metrics: Metrics) {
  // Sparse: a certificate without a series is not known, but one that expired in 1970 would raise an alert.
  const notBefore = metrics.gauge({
    name: 'wasmgate_certificate_not_before_timestamp_seconds',
    help: 'From when the serving certificate and its certificate authority are valid.',
    labels: LABELS,
    isSparse: true,
  });
  const notAfter = metrics.gauge({
    name: 'wasmgate_certificate_not_after_timestamp_seconds',
    help: 'When the serving certificate and its certificate authority expire.',
    labels: LABELS,
    isSparse: true,
  });
  const checkedAt = metrics
    .gauge({
      name: 'wasmgate_certificate_last_check_success_timestamp_seconds',
      help: 'When wasmgate last checked its certificate without a failure; 0 before the first check.',
    })
    .of({});
  const set = (certificate: 'serving' | 'authority', validity: Validity | null): void => {
    if (validity === null) return;
    notBefore.of({ certificate }).set(validity.from.getTime() / 1000);
    notAfter.of({ certificate }).set(validity.to.getTime() / 1000);
  };
  return {
    served: ({ serving, authority }: Validities): void => {
      set('serving', serving);
      set('authority', authority);
    },
    checked: (): void => checkedAt.set(Date.now() / 1000),
  };
}
