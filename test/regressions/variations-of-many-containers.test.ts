import { expect, test } from 'vitest';
import { assessAnswered } from '../../src/assess/assess-container.ts';
import { settleDecision } from '../../src/assess/settle-decision.ts';
import { visitContainers } from '../../src/pod/visit-containers.ts';
import type { Decision } from '../../src/policy/decision.ts';
import { imageFacts, linux } from '../support/image-facts.ts';
import { pod } from '../support/pods.ts';

const SAME: Decision = { findings: [], changes: [], runtimeClass: { class: null, origin: 'none' } };
const MANIFEST_ONLY = imageFacts(linux('/app.wasm'));
const SEEN = imageFacts({
  ...linux('/app.wasm'),
  contents: { '/app.wasm': 'module', '/spin.toml': 'absent', '/slightfile.toml': 'absent' },
});

/** How often a Pod is decided about, some of whose images leave open whether they are modules or components. */
function countDecisions(
  containers: number,
  open: number,
): { readonly decided: number; readonly looks: number } {
  const names = Array.from({ length: containers }, (_, index) => ({ name: `c${index}`, image: 'app' }));
  const assessed = visitContainers(pod({ containers: names }).spec).map((visited, index) =>
    assessAnswered(visited, {
      kind: 'facts',
      facts: index < open ? MANIFEST_ONLY : SEEN,
      stale: null,
      knownSince: 0,
    }),
  );
  let decided = 0;
  let looks = 0;
  const lookInto = (): Promise<typeof assessed> => {
    looks += 1;
    return Promise.resolve(assessed);
  };
  void settleDecision({ containers: assessed, lookInto }, 'when-needed', () => {
    decided += 1;
    return SAME;
  });
  return { decided, looks };
}

/** Each decision about 256 containers takes tens of milliseconds, in which nobody else is answered. */
test.for<readonly [containers: number, open: number, decided: number, looks: number]>([
  [1, 0, 1, 0],
  [1, 1, 1, 1],
  [16, 5, 1, 1],
  [256, 1, 1, 1],
  [256, 256, 1, 1],
])('%i containers with %i open: %i decisions, %i looks', ([containers, open, decided, looks]) => {
  expect(countDecisions(containers, open)).toEqual({ decided, looks });
});
