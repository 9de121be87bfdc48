import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findOtherVersions, writeVersion } from '../../.ci/release/versions.ts';
import packageJson from '../../package.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '..', '..');
const { version } = packageJson;

test('the checkout has one version', () => {
  expect(findOtherVersions(ROOT, version)).toEqual([]);
});

test('the base of the image has the Node that tests run', async () => {
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const [, pinned] =
    /^ARG NODE_IMAGE=docker\.io\/library\/node:([\d.]+)-\w+-slim@sha256:[0-9a-f]{64}$/m.exec(dockerfile) ??
    [];
  expect(pinned).toBe(packageJson.devDependencies.node);
});

describe('in a copy', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'wasmgate-versions-'));
    await cp(join(ROOT, 'README.md'), join(root, 'README.md'));
    await cp(join(ROOT, 'manifests'), join(root, 'manifests'), { recursive: true });
    await mkdir(join(root, 'manifests', 'chart'), { recursive: true });
    const chart = `apiVersion: v2\nname: wasmgate\nversion: ${version}\nappVersion: "${version}"\n`;
    await writeFile(join(root, 'manifests', 'chart', 'Chart.yaml'), chart);
  });
  afterAll(() => rm(root, { recursive: true }));

  test('every place that has the old version is found, and written', async () => {
    const next = '12.34.56-rc.1';
    const found = findOtherVersions(root, next);
    const files = [
      'README.md',
      'manifests/README.md',
      'manifests/base/deployment.yaml',
      'manifests/chart/Chart.yaml',
      'manifests/components/audit-report/cron-job.yaml',
    ];
    expect(new Set(found.map((line) => line.split(':')[0]))).toEqual(new Set(files));
    expect(found).toContain(`README.md: found ${version} instead of ${next}`);
    writeVersion(root, next);
    expect(findOtherVersions(root, next)).toEqual([]);
    const chart = await readFile(join(root, 'manifests', 'chart', 'Chart.yaml'), 'utf8');
    expect(chart).toBe(`apiVersion: v2\nname: wasmgate\nversion: ${next}\nappVersion: "${next}"\n`);
    for (const file of files) expect(await readFile(join(root, file), 'utf8')).not.toContain(`:${version}`);
  });

  test('a place that has no version any more is found', async () => {
    const next = '12.34.56-rc.1';
    writeVersion(root, next);
    await writeFile(join(root, 'README.md'), 'docker build .\n');
    expect(findOtherVersions(root, next)).toEqual([expect.stringMatching(/^README\.md: found no version/)]);
  });
});
