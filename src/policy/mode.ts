import type { Change, Decision, RatedFinding } from './decision.ts';

/**
 * `enforce` changes and denies · `warn` changes, and warns instead of denying · `audit` changes and denies nothing, and reports
 * everything · `off` ignores the Pod.
 */
export const MODES = ['enforce', 'warn', 'audit', 'off'] as const;
export type Mode = (typeof MODES)[number];

export function isMode(text: string): text is Mode {
  return (MODES as readonly string[]).includes(text);
}

/** A decision after the mode was applied: what wasmgate does, and what it reports. */
export interface Outcome {
  readonly mode: Mode;
  /** Findings that deny the object; empty unless the mode is `enforce`. */
  readonly denials: readonly RatedFinding[];
  readonly warnings: readonly RatedFinding[];
  /** Changes to make; empty in `audit`, and if the Pod is denied (`/validate` then judges it as written). */
  readonly changes: readonly Change[];
  /** What `enforce` would do in addition. */
  readonly withheld: { readonly denials: readonly RatedFinding[]; readonly changes: readonly Change[] };
  /** True if the response carries no warnings. */
  readonly isSilent: boolean;
}

const NOTHING = { denials: [], changes: [] } as const;

/** Applies the mode. Nothing else in the policy depends on it. */
export function applyMode(decision: Decision, mode: Mode, { warnInAudit = true } = {}): Outcome {
  const denials = decision.findings.filter((finding) => finding.action === 'deny');
  const warnings = decision.findings.filter((finding) => finding.action === 'warn');
  const { changes } = decision;
  const isSilent = mode === 'audit' && !warnInAudit;
  const made = denials.length === 0 ? changes : [];
  switch (mode) {
    case 'enforce':
      return { mode, denials, warnings, changes: made, withheld: NOTHING, isSilent };
    case 'warn':
      return { mode, denials: [], warnings, changes, withheld: { denials, changes: [] }, isSilent };
    case 'audit':
      return { mode, denials: [], warnings, changes: [], withheld: { denials, changes }, isSilent };
    case 'off':
      return { mode, denials: [], warnings: [], changes: [], withheld: NOTHING, isSilent };
  }
}
