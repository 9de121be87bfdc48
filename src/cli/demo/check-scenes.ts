import type { DecidedAssessment } from '../../assess/assessment.ts';
import type { Admission } from './api-server.ts';
import type { DemoAnswer, Scene } from './scenes.ts';

export type ShownContainer = DecidedAssessment['containers'][number];

/** A scene with what came of it. */
export interface Played {
  readonly scene: Scene;
  readonly admission: Admission;
  readonly containers: readonly ShownContainer[];
}

export function answerOf({ refusal, patch, warnings }: Admission): DemoAnswer {
  if (refusal !== null) return 'refused';
  if (patch.length > 0) return 'changed';
  return warnings.length > 0 ? 'told' : 'untouched';
}

/** `container`, `wasm/spin-app`, `unknown/timeout` */
export function kindOf({ verdict }: ShownContainer): string {
  if (verdict.kind === 'unknown') return `unknown/${verdict.reason}`;
  return verdict.kind === 'wasm' ? `wasm/${verdict.flavour}` : verdict.kind;
}

function compare(what: string, promised: string, found: string): readonly string[] {
  return promised === found ? [] : [`${what}: promised ${promised}, found ${found}`];
}

/** Where the demo did not keep its word; empty where all is as promised. */
export function checkScene({ scene, admission, containers }: Played): readonly string[] {
  const { promised } = scene;
  const { refusal, warnings, stored, secondPatch } = admission;
  const said = [refusal ?? '', ...warnings].join('\n');
  const kinds = containers.map((shown) => `${shown.container.name}=${kindOf(shown)}`);
  const wanted = Object.entries(promised.images).map(([name, kind]) => `${name}=${kind}`);
  return [
    ...compare('answer', promised.answer, answerOf(admission)),
    ...compare('RuntimeClass', promised.runtimeClass ?? 'none', stored.spec.runtimeClassName ?? 'none'),
    ...compare('images', wanted.join(', '), kinds.join(', ')),
    ...compare('asked again', 'no change', secondPatch.length === 0 ? 'no change' : 'another change'),
    ...promised.says.filter((words) => !said.includes(words)).map((words) => `it does not say: ${words}`),
    ...(promised.says.length === 0 && said !== '' ? [`it says: ${said}`] : []),
  ];
}
