import type { Change, Decision, RatedFinding } from './decision.ts';

/**
 * `enforce` changes and refuses · `warn` changes, and warns instead of refusing · `audit` changes and refuses nothing, and
 * tells everything · `off` looks at nothing.
 */
export const MODES = ['enforce', 'warn', 'audit', 'off'] as const;
export type Mode = (typeof MODES)[number];

export function isMode(text: string): text is Mode {
  return (MODES as readonly string[]).includes(text);
}

/** A decision after the mode: what is done, what is told. */
export interface Outcome {
  readonly mode: Mode;
  /** Findings that refuse the object; empty unless the mode is `enforce`. */
  readonly refusals: readonly RatedFinding[];
  readonly warnings: readonly RatedFinding[];
  /** Changes to make; empty in `audit`, and where the Pod is refused (it is then judged as written). */
  readonly changes: readonly Change[];
  /** What `enforce` would have done beyond that. */
  readonly withheld: { readonly refusals: readonly RatedFinding[]; readonly changes: readonly Change[] };
}

const NOTHING = { refusals: [], changes: [] } as const;

/** The only place where a mode has a say. */
export function applyMode(decision: Decision, mode: Mode): Outcome {
  const refusals = decision.findings.filter((finding) => finding.action === 'deny');
  const warnings = decision.findings.filter((finding) => finding.action === 'warn');
  const { changes } = decision;
  switch (mode) {
    case 'enforce':
      return { mode, refusals, warnings, changes: refusals.length === 0 ? changes : [], withheld: NOTHING };
    case 'warn':
      return { mode, refusals: [], warnings, changes, withheld: { refusals, changes: [] } };
    case 'audit':
      return { mode, refusals: [], warnings, changes: [], withheld: { refusals, changes } };
    case 'off':
      return { mode, refusals: [], warnings: [], changes: [], withheld: NOTHING };
  }
}
