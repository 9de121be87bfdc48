import { describe, expect, test } from 'vitest';
import { collectManifests } from '../../../src/cli/review/manifests.ts';
import { parseDocuments } from '../../../src/cli/review/parse-documents.ts';
import { findNeighbors, readReviewSubject } from '../../../src/cli/review/subjects.ts';
import { AppError } from '../../../src/lib/errors.ts';
import { useReviewStage } from '../../support/cli/review-stage.ts';

// Kinds of other projects that create Pods, in the shape of their documentation.

const stage = useReviewStage();

const POD = `{metadata: {labels: {app: w}}, spec: {containers: [{name: app, image: REGISTRY/corpus/bk-wasi-wasm}]}}`;

const ROLLOUT = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: w}
spec:
  replicas: 3
  selector: {matchLabels: {app: w}}
  strategy: {canary: {steps: [{setWeight: 20}, {pause: {duration: 1h}}]}}
  template: ${POD}
`;

const SCALED_JOB = `
apiVersion: keda.sh/v1alpha1
kind: ScaledJob
metadata: {name: w}
spec:
  jobTargetRef:
    parallelism: 1
    backoffLimit: 4
    template: ${POD.replace('spec: {', 'spec: {restartPolicy: Never, ')}
  pollingInterval: 30
  maxReplicaCount: 10
  triggers: [{type: rabbitmq, metadata: {queueName: jobs, mode: QueueLength, value: "5"}}]
`;

const CLONE_SET = `
apiVersion: apps.kruise.io/v1beta1
kind: CloneSet
metadata: {name: w}
spec:
  replicas: 5
  selector: {matchLabels: {app: w}}
  updateStrategy: {type: InPlaceIfPossible}
  template: ${POD}
`;

const JOB = `{template: ${POD.replace('spec: {', 'spec: {restartPolicy: Never, ')}}`;

const ADVANCED_CRON_JOB = `
apiVersion: apps.kruise.io/v1beta1
kind: AdvancedCronJob
metadata: {name: w}
spec:
  schedule: "*/1 * * * *"
  template:
    KEY: {spec: ${JOB}}
`;

describe('the patch of', () => {
  test.for([
    ['Rollout', ROLLOUT, '/spec/template/'],
    ['ScaledJob', SCALED_JOB, '/spec/jobTargetRef/template/'],
    ['CloneSet', CLONE_SET, '/spec/template/'],
    ['StatefulSet', CLONE_SET.replace('kind: CloneSet', 'kind: StatefulSet'), '/spec/template/'],
    ['DaemonSet', CLONE_SET.replace('kind: CloneSet', 'kind: DaemonSet'), '/spec/template/'],
    ['BroadcastJob', CLONE_SET.replace('kind: CloneSet', 'kind: BroadcastJob'), '/spec/template/'],
    [
      'AdvancedCronJob',
      ADVANCED_CRON_JOB.replace('KEY', 'jobTemplate'),
      '/spec/template/jobTemplate/spec/template/',
    ],
    [
      'AdvancedCronJob',
      ADVANCED_CRON_JOB.replace('KEY', 'broadcastJobTemplate'),
      '/spec/template/broadcastJobTemplate/spec/template/',
    ],
  ] as const)('a %s applies to its template', async ([kind, text, path]) => {
    const file = await stage.write('w.yaml', text);
    const { items } = await stage.report(['-f', file, '--facts', stage.facts]);
    expect(items).toMatchObject([{ source: { kind, name: 'w' }, outcome: 'changed' }]);
    const patch = items[0]?.patch ?? [];
    expect(patch.map((operation) => operation.path)).toContain(`${path}spec/runtimeClassName`);
    expect(patch.every((operation) => operation.path.startsWith(path))).toBe(true);
  });
});

test('the Pods of a DaemonSet of Kruise are those of a DaemonSet', async () => {
  const file = await stage.write('w.yaml', CLONE_SET.replace('kind: CloneSet', 'kind: DaemonSet'));
  const facts = await stage.write(
    'selective.yaml',
    '{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: wasmtime}, handler: wasmtime, scheduling: {nodeSelector: {wasm: "yes"}}}\n---\n' +
      '{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {wasm: "yes"}}}\n---\n{apiVersion: v1, kind: Node, metadata: {name: n2}}',
  );
  const { items } = await stage.report(['-f', file, '--facts', facts]);
  expect(items[0]?.findings.map(({ id }) => id)).toContain('daemonset-ignores-class-scheduling');
});

test('a template with the wrong type is undecided', async () => {
  const file = await stage.write('w.yaml', ROLLOUT.replace(POD, '[]'));
  const { items } = await stage.report(['-f', file, '--facts', stage.facts]);
  expect(items).toMatchObject([{ outcome: 'undecided', hangsOn: ['manifest'] }]);
});

describe('a Rollout that refers to a Deployment', () => {
  const rollout = ROLLOUT.replace(
    `template: ${POD}`,
    'workloadRef: {apiVersion: apps/v1, kind: Deployment, name: d, scaleDown: onsuccess}',
  );
  const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec: {replicas: 0, selector: {matchLabels: {app: w}}, template: ${POD}}
`;

  test('is reviewed by the Deployment', async () => {
    const file = await stage.write('w.yaml', `${rollout}---${deployment}`);
    const { stdout, exitCode } = await stage.review(['-f', file, '--facts', stage.facts]);
    expect(exitCode).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'its Pods have the template of Deployment "d" (spec.workloadRef)',
    );
    expect(stdout).toMatch(/2 reviewed: 1 changed, 1 skipped\.\n$/);
  });

  test('is undecided without it', async () => {
    const other = deployment.replace('metadata: {name: d}', 'metadata: {name: d, namespace: other}');
    const file = await stage.write('w.yaml', `${rollout}---${other}`);
    const { stdout, exitCode } = await stage.review(['-f', file, '--facts', stage.facts]);
    expect(exitCode).toBe(3);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('which is not among the objects');
  });

  test.each([
    ['says what to do', 'Grant it.', 'Cannot read Deployment "d": forbidden. Grant it.'],
    ['says no more', undefined, 'Cannot read Deployment "d": forbidden'],
  ])('is undecided if the Deployment cannot be read, and %s', (_case, advice, expected) => {
    const parsed = parseDocuments({ file: 'w.yaml', text: rollout });
    const [manifest] = collectManifests(parsed.documents).manifests;
    if (manifest === undefined) throw new Error('no manifest');
    const neighbors = findNeighbors([manifest], [], { namespace: 'default', read: [] });
    const options = advice === undefined ? {} : { advice };
    const error = new AppError('forbidden', 'Cannot read Deployment "d": forbidden', options);
    const reason = `its Pods have the template of Deployment "d" (spec.workloadRef). ${expected}`;
    expect(readReviewSubject(manifest, neighbors, error)).toMatchObject({
      kind: 'left',
      isBroken: true,
      reason,
    });
  });

  test('has no template of its own, even if the API server stores an empty one', async () => {
    const stored = rollout.replace('workloadRef', 'template: {spec: {containers: []}}\n  workloadRef');
    const file = await stage.write('w.yaml', `${stored}---${deployment}`);
    const { items } = await stage.report(['-f', file, '--facts', stage.facts]);
    expect(items.map(({ outcome }) => outcome)).toEqual(['skipped', 'changed']);
  });
});
