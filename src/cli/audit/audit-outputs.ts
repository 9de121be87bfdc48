export const AUDIT_OUTPUTS = ['json', 'yaml', 'html'] as const;
export type AuditOutput = (typeof AUDIT_OUTPUTS)[number];
