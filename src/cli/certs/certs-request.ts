import type { CertificateReport } from '../../certs/certificate-report.ts';
import type { ClusterChoice } from '../cluster-flags.ts';
import type { Io } from '../io.ts';

export const CERTS_OUTPUTS = ['table', 'json'] as const;

export interface CertsRequest {
  readonly cluster: ClusterChoice;
  readonly namespace: string | undefined;
  readonly secret: string | undefined;
  /** A folder to read instead of a cluster. */
  readonly certDir: string | undefined;
}

export interface CertsDeps {
  /** Reads and judges the certificates. What cannot be read is a problem in the report. */
  readonly read: (request: CertsRequest, io: Io) => Promise<CertificateReport>;
}
