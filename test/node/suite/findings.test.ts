import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FINDING_IDS, type FindingId } from '../../../src/policy/finding-catalog.ts';
import { run } from '../../support/lib/processes.ts';
import { useNode } from '../cluster/real-node.ts';
import { FINDING_EVIDENCE } from './findings/finding-evidence.ts';
import { expectedFindings, type NodeCase } from './findings/node-case.ts';
import { runCase } from './findings/run-case.ts';
import { type FindingStage, openFindingStage } from './findings/stage.ts';

const DENIED: ReadonlySet<NodeCase['kind']> = new Set(['denied', 'updated', 'debugged']);

interface Titled {
  readonly id: FindingId;
  readonly what: string;
  readonly name: string;
  readonly each: NodeCase;
}

const CASES: readonly Titled[] = FINDING_IDS.flatMap((id) => {
  const evidence = FINDING_EVIDENCE[id];
  if (evidence.kind === 'not-shown') return [];
  return evidence.cases.map((each, index) => ({ id, what: each.what, name: `${id}-${index + 1}`, each }));
});

const node = useNode();
let stage: FindingStage;
/** What the node's crun prints, such as `+WASM:wasmedge`; empty without one. */
let crunVersion = '';
beforeAll(async () => {
  const { crun } = node.programs;
  if (crun !== null) crunVersion = (await run(crun, ['--version'])).stdout;
  stage = await openFindingStage(node);
});
afterAll(() => stage?.[Symbol.asyncDispose]());

/** Says which handler of this node prevents the case; null if none does. */
function whyNotHere({ needs, lacks, engine }: NodeCase): string | null {
  if (engine !== undefined && !crunVersion.includes(`+WASM:${engine}`))
    return `the node has no crun with ${engine}`;
  if (needs !== undefined && !node.handlers.includes(needs)) return `the node has no handler ${needs}`;
  return lacks !== undefined && node.handlers.includes(lacks) ? `the node has handler ${lacks}` : null;
}

describe.concurrent('what wasmgate reports is what the node does', () => {
  // Vitest cuts long values in titles of test.each.
  for (const { id, what, name, each } of CASES)
    test(`${id}: ${what}`, async ({ skip }) => {
      const reason = whyNotHere(each);
      skip(reason !== null, reason ?? '');
      const { isDenied, findings, missing, texts, description } = await runCase(stage, name, each);
      const seen = [...texts, ...description.lines];
      expect({ findings, isDenied, missing, seen }).toEqual({
        findings: expectedFindings(id, each),
        isDenied: DENIED.has(each.kind),
        missing: [],
        seen,
      });
    });
});
