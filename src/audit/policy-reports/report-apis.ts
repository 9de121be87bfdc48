import type { ServedKind } from '../ports.ts';

export const REPORT_APIS = ['openreports.io', 'wgpolicyk8s.io'] as const;
export type ReportApi = (typeof REPORT_APIS)[number];

/** The versions that wasmgate writes. Their schemas differ in `source` of the whole report only. */
export const REPORT_KINDS: Readonly<Record<ReportApi, ServedKind>> = {
  'openreports.io': { group: 'openreports.io', version: 'v1alpha1', kind: 'Report', resource: 'reports' },
  'wgpolicyk8s.io': {
    group: 'wgpolicyk8s.io',
    version: 'v1alpha2',
    kind: 'PolicyReport',
    resource: 'policyreports',
  },
};
