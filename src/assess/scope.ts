import { matchesGlob } from '../lib/matches-glob.ts';
import type { Namespace } from '../pod/cluster-objects.ts';
import { MODE_LABEL, SKIP_ANNOTATION } from '../pod/names.ts';
import type { Pod, StringMap } from '../pod/pod.ts';
import { isSystemNamespace, reasonOutOfScope } from '../pod/scope.ts';
import { isMode, MODES, type Mode } from '../policy/mode.ts';
import type { PolicySettings } from '../policy/settings.ts';
import type { AssessmentRequest, SkippedAssessment } from './assessment.ts';

/** The settings of a namespace for its Pods. */
export interface NamespaceScope {
  readonly kind: 'in-scope';
  readonly mode: Mode;
  readonly labels: StringMap;
  readonly notes: readonly string[];
}

export interface ScopeOptions {
  readonly policy: PolicySettings;
  /** wasmgate's own namespace, which is never assessed: wasmgate could prevent its own start. */
  readonly ownNamespace: string;
}

const NO_LABELS: StringMap = {};

export function skipped(reason: string, notes: readonly string[] = []): SkippedAssessment {
  return { kind: 'skipped', reason, notes };
}

/** Returns why the Pod is out of scope, whatever its namespace sets; null if it may be in scope. */
export function skipAlways(
  { pod, namespace }: AssessmentRequest,
  { policy, ownNamespace }: ScopeOptions,
): SkippedAssessment | null {
  const isExempt =
    isSystemNamespace(namespace, ownNamespace) ||
    policy.systemNamespaces.some((pattern) => matchesGlob(pattern, namespace));
  if (isExempt) return skipped(`namespace ${namespace} is never judged`);
  const reason = reasonOutOfScope(pod);
  return reason === null ? null : skipped(reason);
}

interface ResolvedMode {
  readonly mode: Mode;
  /** A note for the user on an invalid label; null if there is none. */
  readonly note: string | null;
}

/** Returns the mode of the namespace's label, or the configured one if the label is absent or invalid. */
function resolveMode(namespace: Namespace | undefined, configured: Mode): ResolvedMode {
  const label = namespace?.labels[MODE_LABEL];
  if (label === undefined) return { mode: configured, note: null };
  if (isMode(label)) return { mode: label, note: null };
  const note = `namespace label ${MODE_LABEL}: "${label}" is not one of ${MODES.join(', ')}; mode ${configured} applies`;
  return { mode: configured, note };
}

/** The Pod's request to be skipped. */
interface OptOut {
  readonly isGranted: boolean;
  /** Why it has no effect; null if there is nothing to report. */
  readonly note: string | null;
}

function optOutOf({ metadata }: Pod, { allowSkipAnnotation }: PolicySettings): OptOut {
  const value = metadata?.annotations?.[SKIP_ANNOTATION];
  if (value === undefined || value === 'false') return { isGranted: false, note: null };
  if (value === 'true' && allowSkipAnnotation) return { isGranted: true, note: null };
  const why = value === 'true' ? 'the configuration does not allow it' : 'its value must be "true"';
  return { isGranted: false, note: `annotation ${SKIP_ANNOTATION} has no effect: ${why}` };
}

/** Returns the mode of the namespace, or why its Pod is skipped. An unknown namespace counts as one without labels. */
export function resolveScope(
  { pod }: AssessmentRequest,
  namespace: Namespace | undefined,
  { policy }: ScopeOptions,
): NamespaceScope | SkippedAssessment {
  const { mode, note } = resolveMode(namespace, policy.mode);
  const notes = note === null ? [] : [note];
  if (mode === 'off') return skipped('mode off', notes);
  const optOut = optOutOf(pod, policy);
  if (optOut.isGranted) return skipped(`annotation ${SKIP_ANNOTATION}`, notes);
  if (optOut.note !== null) notes.push(optOut.note);
  return { kind: 'in-scope', mode, labels: namespace?.labels ?? NO_LABELS, notes };
}
