import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Report } from '../../../src/cli/review/report.ts';
import { FACTS, podOf, useReviewStage } from '../../support/cli/review-stage.ts';
import { kubeconfigText } from '../../support/kubernetes/kubectl.ts';
import { forbid, serveObjects, type ServedObject } from '../../support/kubernetes/objects-api.ts';
import { startScriptedApi, type Step } from '../../support/kubernetes/scripted-api.ts';

const stage = useReviewStage();

const OBJECTS = parseAllDocuments(FACTS).map((document) => document.toJS() as ServedObject);

interface Run {
  readonly report: Report;
  readonly exitCode: number;
  readonly stderr: string;
}

/** Reviews a Pod on a cluster where some paths fail. */
async function review(pod: string, failing: Readonly<Record<string, Step>>): Promise<Run> {
  const fail = (path: string): Step | undefined =>
    Object.entries(failing).find(([end]) => path.endsWith(end))?.[1];
  await using api = await startScriptedApi([serveObjects(OBJECTS, fail)]);
  const server = api.connection.server.href;
  const kubeconfig = await stage.write(
    'kubeconfig',
    kubeconfigText({ server, certificateAuthority: '', token: 'x' }),
  );
  const file = await stage.write('pod.yaml', pod);
  const run = await stage.review(['-f', file, '--live', '--kubeconfig', kubeconfig, '-o', 'json']);
  return { ...run, report: JSON.parse(run.stdout) as Report };
}

describe('without the right to list RuntimeClasses', () => {
  const failing = { '/runtimeclasses': forbid('runtimeclasses.node.k8s.io') };

  test('a Wasm Pod is undecided, exit code 3, and the missing right is named', async () => {
    const { report, exitCode, stderr } = await review(podOf('a', 'bk-wasi-wasm'), failing);
    expect(report.items).toMatchObject([
      { outcome: 'undecided', refuses: null, hangsOn: ['runtime-classes'], findings: [] },
    ]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('The right to list runtimeclasses.node.k8s.io is missing.');
    expect(stderr).toContain('{apiGroups: ["node.k8s.io"], resources: ["runtimeclasses"], verbs: ["list"]}');
  });

  test('an ordinary Pod is admitted', async () => {
    const { report, exitCode } = await review(podOf('a', 'linux-plain'), failing);
    expect(report.items).toMatchObject([{ outcome: 'admitted', hangsOn: [] }]);
    expect(exitCode).toBe(0);
  });
});
