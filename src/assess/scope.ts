import { matchesGlob } from '../lib/matches-glob.ts';
import type { Namespace } from '../pod/cluster-objects.ts';
import { SKIP_ANNOTATION } from '../pod/names.ts';
import type { Pod, StringMap } from '../pod/pod.ts';
import { isSystemNamespace, reasonOutOfScope } from '../pod/scope.ts';
import type { Mode } from '../policy/mode.ts';
import type { PolicySettings } from '../policy/settings.ts';
import type { AssessmentRequest, SkippedAssessment } from './assessment.ts';
import { resolveMode } from './resolve-mode.ts';

/** What a namespace decides about its Pods. */
export interface Circumstances {
  readonly kind: 'judged';
  readonly mode: Mode;
  readonly labels: StringMap;
  readonly notes: readonly string[];
}

export interface ScopeOptions {
  readonly policy: PolicySettings;
  /** Where wasmgate itself runs: never judged, or it could keep itself from starting. */
  readonly ownNamespace: string;
}

const NO_LABELS: StringMap = {};

export function skipped(reason: string, notes: readonly string[] = []): SkippedAssessment {
  return { kind: 'skipped', reason, notes };
}

/** Why the Pod is never judged, whatever its namespace says; null where it may be. */
export function skippedByItself(
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

/** What becomes of an annotation that asks for the Pod to be left alone. */
interface SkipWish {
  readonly isGranted: boolean;
  /** Why it is not; null where there is nothing to say. */
  readonly note: string | null;
}

function skipWishOf({ metadata }: Pod, { allowSkipAnnotation }: PolicySettings): SkipWish {
  const wish = metadata?.annotations?.[SKIP_ANNOTATION];
  if (wish === undefined || wish === 'false') return { isGranted: false, note: null };
  if (wish === 'true' && allowSkipAnnotation) return { isGranted: true, note: null };
  const why =
    wish === 'true' ? 'the configuration does not allow it' : 'only the value "true" would have one';
  return { isGranted: false, note: `annotation ${SKIP_ANNOTATION} has no effect: ${why}` };
}

/** The mode of the namespace, or why its Pod is not judged. A namespace that nobody knows has no labels. */
export function circumstancesOf(
  { pod }: AssessmentRequest,
  namespace: Namespace | undefined,
  { policy }: ScopeOptions,
): Circumstances | SkippedAssessment {
  const { mode, note } = resolveMode(namespace, policy.mode);
  const notes = note === null ? [] : [note];
  if (mode === 'off') return skipped('mode off', notes);
  const wish = skipWishOf(pod, policy);
  if (wish.isGranted) return skipped(`annotation ${SKIP_ANNOTATION}`, notes);
  if (wish.note !== null) notes.push(wish.note);
  return { kind: 'judged', mode, labels: namespace?.labels ?? NO_LABELS, notes };
}
