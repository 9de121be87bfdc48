import type { Namespace } from '../pod/cluster-objects.ts';
import { MODE_LABEL } from '../pod/names.ts';
import { isMode, MODES, type Mode } from '../policy/mode.ts';

export interface ResolvedMode {
  readonly mode: Mode;
  /** What the user should be told about it; null where all is well. */
  readonly note: string | null;
}

/** The namespace's label over the configured mode; a label that names no mode changes nothing and is told. */
export function resolveMode(namespace: Namespace | undefined, configured: Mode): ResolvedMode {
  const label = namespace?.labels[MODE_LABEL];
  if (label === undefined) return { mode: configured, note: null };
  if (isMode(label)) return { mode: label, note: null };
  const note = `namespace label ${MODE_LABEL}: "${label}" is none of ${MODES.join(', ')}; mode ${configured} applies`;
  return { mode: configured, note };
}
