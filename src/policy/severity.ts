import type { Action, FindingId } from './decision.ts';
import type { PolicySettings } from './settings.ts';

/** What follows by default. Denied is only what is certain to fail; what the node alone knows is warned about. */
const DEFAULT_ACTIONS: Readonly<Record<FindingId, Action>> = {
  'runtime-class-missing': 'deny',
  'no-runtime-class-for-image': 'deny',
  'handler-cannot-run-image': 'deny',
  'wasm-image-without-runtime-class': 'deny',
  'mixed-handlers-needed': 'deny',
  'linux-container-under-compat': 'deny',
  'node-selector-conflict': 'deny',
  'overhead-conflict': 'deny',
  'command-required': 'deny',
  'image-will-not-pull': 'deny',
  'annotation-conflict': 'warn',
  'handler-on-no-node': 'warn',
  'image-needs-unpack-setting': 'warn',
  'image-not-a-workload': 'warn',
  'image-unknown': 'warn',
  'memory-below-floor': 'warn',
  'memory-limit-left-out': 'warn',
};

export const FINDING_IDS: readonly FindingId[] = Object.keys(DEFAULT_ACTIONS) as FindingId[];

/** Where the configuration says nothing. */
export function defaultActionOf(id: FindingId): Action {
  return DEFAULT_ACTIONS[id];
}

export function actionOf(id: FindingId, settings: PolicySettings): Action {
  if (id === 'image-unknown') return settings.onUnknownImage === 'deny' ? 'deny' : 'warn';
  return DEFAULT_ACTIONS[id];
}
