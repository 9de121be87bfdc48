import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namespaceFor, unchangedNamespaceFor } from '../support/e2e/example-cluster.ts';
import { type ExampleStage, startExampleStage } from '../support/e2e/example-stage.ts';
import { type Example, findingExamples, scenarioExamples } from '../support/e2e/examples.ts';
import type { TestPod } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { create, showExample, type Shown } from '../support/e2e/show-example.ts';
import { deployment } from '../support/kubernetes/objects.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);
const DENIED = 'admission webhook "validate.wasmgate.dev" denied the request: ';

/**
 * The API server's own RuntimeClass plugin rejects these before it calls webhooks; wasmgate reports them for templates, and in
 * `review` for Pods.
 */
const REFUSED_BEFORE: Readonly<Record<string, string>> = {
  'node-selector-conflict': 'conflict: runtimeClass.scheduling.nodeSelector[wasm-runtime] = enabled',
  'overhead-conflict': 'Pod Overhead set without corresponding RuntimeClass defined Overhead',
  'runtime-class-missing': 'pod rejected: RuntimeClass "wasmtime-spin" not found',
};

const examples = [...findingExamples, ...scenarioExamples];
const isAsked = ({ id }: Example): boolean => !Object.hasOwn(REFUSED_BEFORE, id);

describe.skipIf(servers.missing)(`examples on a real API server${servers.note}`, () => {
  let stage: ExampleStage;
  beforeAll(async () => {
    stage = await startExampleStage(servers.paths, examples);
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());

  test.each(examples.filter(isAsked))(
    '$id: what comes is what review says',
    async (example) => {
      for (const shown of await showExample(stage, example)) {
        expectSame(shown);
        expectOutcome(shown);
      }
    },
    60_000,
  );

  test.each(examples.filter((example) => !isAsked(example)))(
    '$id: the API server rejects it before it calls wasmgate',
    async (example) => {
      const shown = await only(showExample(stage, example));
      expect(shown.output.code).toBe(1);
      expect(shown.output.stderr).toContain(REFUSED_BEFORE[example.id]);
    },
    60_000,
  );

  test.each(examples.filter((example) => !isAsked(example)))(
    '$id: wasmgate warns about it in a template',
    async (example) => {
      const shown = await only(showExample(stage, example));
      const { spec } = shown.reviewed as unknown as TestPod;
      const namespace = namespaceFor(example.configuration);
      const output = await create(stage.kubectl, deployment(example.id, namespace, { spec }), namespace);
      const { message } = shown.item.findings.find(({ id }) => id === example.id) ?? {};
      expect(output.code).toBe(0);
      const denial = `wasmgate/${example.id}: Pods of this Deployment will be denied: `;
      const line = warningsIn(output.stderr).find((warning) => warning.startsWith(denial));
      expect(line?.slice(denial.length)).toContain(message?.slice(0, 20));
    },
    60_000,
  );

  test('/validate denies a Wasm Pod that /mutate did not see, and says what it would have changed', async () => {
    const example = examples.find(({ id }) => id === 'wasm-image-without-runtime-class');
    if (example === undefined) throw new Error('there is no such example');
    const namespace = unchangedNamespaceFor(example.configuration);
    const shown = await only(showExample(stage, example, { namespace }));
    expect(shown.output.code).toBe(1);
    expect(shown.output.stderr).toContain(
      `${DENIED}wasmgate/wasm-image-without-runtime-class: container "app" needs RuntimeClass `,
    );
    expect(shown.output.stderr).toContain(`"${shown.item.runtimeClass?.name}"`);
  }, 300_000);
});

async function only(showing: Promise<readonly Shown[]>): Promise<Shown> {
  const [shown] = await showing;
  if (shown === undefined) throw new Error('the example has no object');
  return shown;
}

/** Texts and outcome are equal. */
function expectSame({ answer, output, reviewed }: Shown): void {
  const { code, stdout, stderr } = output;
  expect({ isAllowed: code === 0, warnings: warningsIn(stderr) }).toEqual({
    isAllowed: answer.allowed,
    warnings: answer.warnings ?? [],
  });
  if (!answer.allowed) {
    expect(stderr).toContain(DENIED + answer.status?.message);
    return;
  }
  const { spec } = reviewed as unknown as TestPod;
  const made = JSON.parse(stdout) as TestPod;
  expect(made.spec['runtimeClassName']).toEqual(spec['runtimeClassName']);
  const tolerations = expect.arrayContaining((spec['tolerations'] ?? []) as unknown[]);
  const expected = reviewed.kind === 'Pod' ? { ...spec, tolerations } : spec;
  const { annotations = {} } = (reviewed as unknown as TestPod).metadata;
  expect(made).toMatchObject({ spec: expected, metadata: { name: reviewed.metadata.name } });
  expect(made.metadata.annotations ?? {}).toMatchObject(annotations);
}

/** Checks what the first line of the object states: whether it is admitted, and that its finding is reported. */
function expectOutcome({ expected, item, output }: Shown): void {
  const { outcome, finding } = expected;
  // The policy decides about undecided objects: a warning here, a denial there.
  if (outcome !== 'undecided') expect(output.code).toBe(outcome === 'refused' ? 1 : 0);
  if (finding === undefined) {
    expect(warningsIn(output.stderr)).toEqual([]);
    return;
  }
  const found = item.findings.find(({ id }) => id === finding);
  // A long text loses its images, and then its middle.
  const line = output.stderr.split('\n').find((text) => text.includes(`wasmgate/${finding}: `));
  expect(line).toContain(found?.message.slice(0, 20).replace(/ \(.*/, ''));
}

function warningsIn(stderr: string): readonly string[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('Warning: wasmgate'))
    .map((line) => line.slice('Warning: '.length));
}
