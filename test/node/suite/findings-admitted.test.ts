import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useNode } from '../cluster/real-node.ts';
import { ADMITTED_PODS } from './findings/admitted-pods.ts';
import { runCase } from './findings/run-case.ts';
import { type FindingStage, openFindingStage } from './findings/stage.ts';

const node = useNode();
let stage: FindingStage;
beforeAll(async () => {
  stage = await openFindingStage(node);
});
afterAll(() => stage?.[Symbol.asyncDispose]());

describe.concurrent('what wasmgate admits without a word runs', () => {
  const named = ADMITTED_PODS.map((admitted, index) => ({
    admitted,
    what: admitted.what,
    // No name begins with another one.
    name: `admitted-${index + 1}-pod`,
  }));
  test.for(named)('$what', async ({ name, what, admitted: { pod, runtimeClass, prints } }) => {
    const shows = [
      `Pod of class ${runtimeClass ?? '(none)'}: Succeeded`,
      'app: Completed, exit code 0',
      `log of app: ${prints}`,
    ];
    const each = { kind: 'warned', what, pod, named: [], shows } as const;
    const { texts, sighting, missing } = await runCase(stage, name, each);
    const seen = sighting.lines;
    expect({ texts, missing, seen }).toEqual({ texts: [], missing: [], seen });
  });
});
