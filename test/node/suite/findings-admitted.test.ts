import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useNode } from '../cluster/real-node.ts';
import { ADMITTED_PODS } from './findings/admitted-pods.ts';
import { runCase } from './findings/run-case.ts';
import { type FindingStage, openFindingStage } from './findings/stage.ts';

const node = useNode();
let stage: FindingStage;
beforeAll(async () => {
  stage = await openFindingStage(node, ['plain']);
});
afterAll(() => stage?.[Symbol.asyncDispose]());

describe.concurrent('what wasmgate admits without a warning runs', () => {
  for (const [index, { what, pod, runtimeClass, prints }] of ADMITTED_PODS.entries())
    test(`${what}: completes`, async () => {
      const shows = [
        `Pod of class ${runtimeClass ?? '(none)'}: Succeeded`,
        'app: Completed, exit code 0',
        `log of app: ${prints}`,
      ];
      const each = { kind: 'warned', what, pod, named: [], shows } as const;
      // No name begins with another one.
      const { texts, description, missing } = await runCase(stage, `admitted-${index + 1}-pod`, each);
      const seen = description.lines;
      expect({ texts, missing, seen }).toEqual({ texts: [], missing: [], seen });
    });
});
