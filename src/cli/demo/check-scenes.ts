import type { DecidedAssessment } from '../../assess/assessment.ts';
import type { Change } from '../../policy/decision.ts';
import type { Admission } from './api-server.ts';
import type { Scene, SceneOutcome } from './scenes.ts';

export type ShownContainer = DecidedAssessment['containers'][number];

/** A scene and its result. */
export interface PlayedScene {
  readonly scene: Scene;
  readonly admission: Admission;
  readonly containers: readonly ShownContainer[];
  readonly changes: readonly Change[];
}

export function outcomeOf({ denial, patch, warnings }: Admission): SceneOutcome {
  if (denial !== null) return 'denied';
  if (patch.length > 0) return 'changed';
  return warnings.length > 0 ? 'warned' : 'untouched';
}

/** Returns the kind as the demo's summary shows it: `container`, `wasm/spin-app`, `unknown/timeout`. */
export function kindOf({ verdict }: ShownContainer): string {
  if (verdict.kind === 'unknown') return `unknown/${verdict.reason}`;
  return verdict.kind === 'wasm' ? `wasm/${verdict.flavour}` : verdict.kind;
}

function compare(what: string, expected: string, found: string): readonly string[] {
  return expected === found ? [] : [`${what}: expected ${expected}, found ${found}`];
}

/** Returns how the result differs from the expected one; empty if it does not. */
export function checkScene({ scene, admission, containers }: PlayedScene): readonly string[] {
  const { expected } = scene;
  const { denial, warnings, stored, secondPatch } = admission;
  const text = [denial ?? '', ...warnings].join('\n');
  const kinds = containers.map((shown) => `${shown.container.name}=${kindOf(shown)}`);
  const expectedKinds = Object.entries(expected.images).map(([name, kind]) => `${name}=${kind}`);
  return [
    ...compare('outcome', expected.outcome, outcomeOf(admission)),
    ...compare('RuntimeClass', expected.runtimeClass ?? 'none', stored.spec.runtimeClassName ?? 'none'),
    ...compare('images', expectedKinds.join(', '), kinds.join(', ')),
    ...compare('second call', 'no change', secondPatch.length === 0 ? 'no change' : 'another change'),
    ...expected.mentions.filter((words) => !text.includes(words)).map((words) => `no mention of ${words}`),
    ...(expected.mentions.length === 0 && text !== '' ? [`unexpected message: ${text}`] : []),
  ];
}
