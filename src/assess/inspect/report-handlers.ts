import type { Verdict } from '../../detect/verdict.ts';
import { VARIANT_ANNOTATION } from '../../pod/names.ts';
import { SPIN_COMMAND } from '../../policy/facts.ts';
import { canRun, type Need, type Runs } from '../../policy/handlers/can-run.ts';
import { HANDLER_PROFILES, type HandlerProfile } from '../../policy/handlers/handler-profiles.ts';

export interface HandlerReport {
  readonly runs: Runs['runs'];
  /** Follows the handler's name, with what it needs: `runs core modules; needs a command in the Pod`. */
  readonly why: string;
}

const NEEDS: Readonly<Record<Need, string>> = {
  'variant-annotation': `the Pod annotation ${VARIANT_ANNOTATION}: compat-smart`,
  command: 'a command in the Pod',
  'spin-command': `command ${JSON.stringify(SPIN_COMMAND)} in the Pod`,
};

const WRITABLE_ROOT = 'a writable root file system';

function describeRuns({ why, runs, needs, assumesModule }: Runs, profile: HandlerProfile): string {
  const wants = needs.map((need) => NEEDS[need]);
  if (profile.needsWritableRoot && (runs === 'yes' || runs === 'conditional')) wants.push(WRITABLE_ROOT);
  const parts = [why];
  if (wants.length > 0) parts.push(`needs ${wants.join(' and ')}`);
  if (assumesModule) parts.push('taken for a core module, as nothing shows that it is a component');
  return parts.join('; ');
}

/** What each known handler makes of the image, by the handler's usual name. */
export function reportHandlers(verdict: Verdict): Readonly<Record<string, HandlerReport>> {
  return Object.fromEntries(
    HANDLER_PROFILES.map((profile): [string, HandlerReport] => {
      const answer = canRun(profile, verdict);
      return [profile.name, { runs: answer.runs, why: describeRuns(answer, profile) }];
    }),
  );
}
