import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { useReviewStage } from '../support/cli/review-stage.ts';
import { parseSarif, placesOf } from '../support/cli/sarif.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { run } from '../support/lib/processes.ts';

const servers = await realServers(['helm', 'kubectl']);
const WASMGATE = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** The Pod template of a Spin application under a class that cannot run it. */
const TEMPLATE = `    spec:
      runtimeClassName: wasmtime
      containers:
        - name: app
          image: REGISTRY/corpus/spin-v2-app
`;

const CHART = {
  'charts/shop/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'charts/shop/templates/_helpers.tpl': '{{- define "web.name" }}web{{ end }}\n',
  'charts/shop/templates/service.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n',
  'charts/shop/templates/deployments.yaml': `# What runs
{{- range $index := until 2 }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "web.name" $ }}-{{ $index }}
spec:
  template:
${TEMPLATE}{{- end }}
`,
  'charts/shop/charts/db/Chart.yaml': 'apiVersion: v2\nname: db\nversion: 1.0.0\n',
  'charts/shop/charts/db/templates/job.yaml': `apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations:
    helm.sh/hook: pre-install
spec:
  template:
${TEMPLATE}`,
} as const;

const KUSTOMIZE = {
  'deploy/base/kustomization.yaml': 'resources: [workload.yaml]\n',
  'deploy/base/workload.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
${TEMPLATE}`,
  'deploy/overlays/production/kustomization.yaml': `namePrefix: production-
buildMetadata: [originAnnotations]
resources: [../../base, job.yaml]
`,
  'deploy/overlays/production/job.yaml': `apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
spec:
  template:
${TEMPLATE}`,
} as const;

describe.skipIf(servers.missing)(`what a pipeline renders and reviews${servers.note}`, () => {
  const stage = useReviewStage();
  let root: string;
  beforeAll(async () => {
    root = join(stage.folder, 'repository');
    await mkdir(join(root, '.git'), { recursive: true });
    for (const [name, text] of Object.entries({ ...CHART, ...KUSTOMIZE }))
      await stage.write(join('repository', name), text);
  });

  /** Runs a pipe in the repository, as the line of a pipeline does. */
  function pipe(renderer: string, output: string) {
    const review = `"${process.execPath}" "${WASMGATE}" review -f - --facts "${stage.facts}" -o ${output}`;
    const script = `cd "${root}" && ${renderer} | ${review}`;
    const path = [dirname(servers.paths.helm), dirname(servers.paths.kubectl), process.env['PATH']].join(':');
    return run('sh', ['-c', script], { env: { PATH: path, HOME: stage.folder } });
  }

  const HELM_PLACES = [
    'charts/shop/templates/deployments.yaml:1',
    'charts/shop/templates/deployments.yaml:1',
    'charts/shop/charts/db/templates/job.yaml:1',
  ];
  const KUSTOMIZE_PLACES = ['deploy/base/workload.yaml:1', 'deploy/overlays/production/job.yaml:1'];

  test.for([
    ['helm template charts/shop', HELM_PLACES],
    ['kubectl kustomize deploy/overlays/production', KUSTOMIZE_PLACES],
  ] as const)(
    '%s | wasmgate review -f - -o sarif names the files of the repository',
    async ([renderer, places]) => {
      const { code, stdout } = await pipe(renderer, 'sarif');
      const log = await parseSarif(stdout);
      expect(placesOf(log)).toEqual(places.map((place) => `handler-cannot-run-image ${place}`));
      const hashes = log.results.map(
        ({ partialFingerprints }) => partialFingerprints['primaryLocationLineHash'],
      );
      expect(new Set(hashes).size).toBe(places.length);
      expect(code).toBe(1);
    },
  );

  test.for([
    ['helm template charts/shop', HELM_PLACES],
    ['kubectl kustomize deploy/overlays/production', KUSTOMIZE_PLACES],
  ] as const)('%s | wasmgate review -f - -o github does, too', async ([renderer, places]) => {
    const { code, stdout, stderr } = await pipe(renderer, 'github');
    const lines = stdout.trimEnd().split('\n');
    const summary = lines.pop();
    expect(lines).toEqual(
      places.map((place) =>
        expect.stringContaining(`::error file=${place.replace(':1', ',line=1')},title=wasmgate/`),
      ),
    );
    expect(summary).toContain(`${places.length} denied`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  });

  test('what names no file has a line of standard input', async () => {
    const log = await parseSarif((await pipe('cat deploy/base/workload.yaml', 'sarif')).stdout);
    expect(placesOf(log)).toEqual(['handler-cannot-run-image no-file:11']);
    const { stdout } = await pipe('cat deploy/base/workload.yaml', 'github');
    expect(stdout).toMatch(/^::error title=wasmgate\/handler-cannot-run-image::Deployment default\/web: /);
  });
});
