const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** How long the certificates in the cluster are valid, and when each is replaced. */
export interface CertificateTimes {
  readonly authorityMilliseconds: number;
  readonly servingMilliseconds: number;
  readonly backdateMilliseconds: number;
  readonly rotateBeforeMilliseconds: number;
  readonly overlapMilliseconds: number;
  readonly checkMilliseconds: number;
}

export const CERTIFICATE_TIMES: CertificateTimes = {
  /** The CA outlives many serving certificates, so that renewing one changes no webhook configuration. */
  authorityMilliseconds: 3650 * DAY,
  /**
   * A serving certificate is renewed when less than half of its life is left. A week is enough to notice that renewal fails, and
   * to mend that.
   */
  servingMilliseconds: 14 * DAY,
  /**
   * API servers reject a certificate "from the future" by their own clock, and those of one cluster differ a little. A
   * certificate starts this long ago.
   */
  backdateMilliseconds: 60 * MINUTE,
  /**
   * The next CA is created this long before the current one expires. The overlap takes minutes, but needs replicas that run and
   * configurations that exist; a cluster may be off for months.
   */
  rotateBeforeMilliseconds: 365 * DAY,
  /**
   * The next CA must stand in every `caBundle` for this long before it issues what replicas serve: API servers learn of it by a
   * watch, and a tool that applies an old configuration again should have done so by then.
   */
  overlapMilliseconds: 10 * MINUTE,
  /**
   * A configuration that was created again has no CA. With failurePolicy Ignore that shows nowhere, and every Pod is admitted
   * unchecked until the next check. A check is three small GETs.
   */
  checkMilliseconds: 15_000,
};
