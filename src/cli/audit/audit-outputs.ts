export const AUDIT_OUTPUTS = ['table', 'json', 'yaml', 'html'] as const;
export type AuditOutput = (typeof AUDIT_OUTPUTS)[number];
