export const AUDIT_OUTPUTS = ['json', 'yaml'] as const;
