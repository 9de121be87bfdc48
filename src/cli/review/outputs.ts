export const OUTPUTS = ['table', 'json', 'yaml', 'diff', 'patch', 'admissionreview'] as const;
export type Output = (typeof OUTPUTS)[number];
