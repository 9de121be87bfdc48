import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageStore } from '../../../src/fake-registry/image-store.ts';
import { pushImage, pushIndex, targetOf, type Build } from '../../../src/fake-registry/push-image.ts';
import { HELLO_MODULE } from '../../../src/fake-registry/wasm-programs.ts';
import { runInspect } from '../../support/cli/run-inspect.ts';
import { kubeconfigText } from '../../support/kubernetes/kubectl.ts';
import { json, errorStatus, startScriptedApi, type Step } from '../../support/kubernetes/scripted-api.ts';
import { useRegistry } from '../../support/registry/use-registry.ts';

function build(os: string, architecture: string): Build {
  return { os, architecture, files: { 'app.wasm': HELLO_MODULE }, entrypoint: ['/app.wasm'] };
}

function put(store: ImageStore): void {
  pushImage(targetOf(store, 'corpus/single:1'), build('linux', 'amd64'));
  pushImage(targetOf(store, 'corpus/wasi:1'), build('wasi', 'wasm'));
  pushIndex(targetOf(store, 'corpus/arm64:1'), [build('linux', 'arm64'), build('wasi', 'wasm')]);
  pushIndex(targetOf(store, 'corpus/both:1'), [build('linux', 'amd64'), build('linux', 'arm64')]);
  const many = Array.from({ length: 12 }, (_, count) => build('linux', `cpu${count + 10}`));
  pushIndex(targetOf(store, 'corpus/many:1'), many);
}

const { registry } = await useRegistry({ images: put });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-inspect-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function pulls(image: string, ...flags: readonly string[]) {
  const named = [`${registry.host}/corpus/${image}:1`, ...flags];
  const { stdout } = await runInspect(named, { columns: 400 });
  const { stdout: text } = await runInspect([...named, '-o', 'json']);
  const { pull } = JSON.parse(text) as { readonly pull: { readonly ok: boolean; readonly detail: string } };
  // Continuation lines of long rows are indented more.
  const [, row] = /^ {2}Pulls +(.*(?:\n {3,}.*)*)$/m.exec(stdout) ?? [];
  return { row: row?.replaceAll(/\n +/g, ' '), ...pull };
}

describe('platforms that can pull a reference', () => {
  test.each([
    ['single', 'yes', null],
    ['arm64', 'on linux/arm64 only', 'on linux/arm64 only'],
    ['both', 'on linux/amd64, linux/arm64 only', 'on linux/amd64, linux/arm64 only'],
  ])('%s: %s', async (image, row, detail) => {
    expect(await pulls(image)).toEqual({ row, ok: true, detail, insteadUse: null });
  });

  test('a long list of platforms is cut', async () => {
    expect((await pulls('many')).row).toMatch(/linux\/cpu18 and 3 more only$/);
  });
});

/** Nodes with these architectures, by name; null if listing them is forbidden. */
function apiServer(architectures: readonly string[] | null): Step {
  const items = architectures?.map((architecture, index) => ({
    metadata: { name: `n${index}` },
    status: { nodeInfo: { architecture } },
  }));
  return items === undefined
    ? errorStatus(403, 'Forbidden')
    : json({ metadata: { resourceVersion: '1' }, items });
}

describe('--live', () => {
  async function live(image: string, architectures: readonly string[] | null) {
    await using api = await startScriptedApi([apiServer(architectures)]);
    const kubeconfig = join(folder, 'kubeconfig');
    const server = api.connection.server.href;
    await writeFile(kubeconfig, kubeconfigText({ server, certificateAuthority: '', token: 'x' }));
    const answer = await pulls(image, '--live', '--kubeconfig', kubeconfig);
    expect(new Set(api.seen.map(({ method, path }) => `${method} ${path}`))).toEqual(
      new Set(['GET /api/v1/nodes']),
    );
    return answer;
  }

  const AWAY = 'on linux/arm64 only, and this cluster has nodes of linux/amd64: build it with';

  test.each<[string, string, readonly string[] | null, object]>([
    ['nodes that take it', 'arm64', ['arm64'], { row: 'on linux/arm64 only', ok: true }],
    [
      'nodes that do not',
      'arm64',
      ['amd64'],
      { row: `no: ${AWAY} --platform linux/amd64 --provenance=false --sbom=false`, ok: false },
    ],
    [
      'nodes of both',
      'arm64',
      ['arm64', 'amd64'],
      { row: `${AWAY} --platform linux/amd64,linux/arm64`, ok: true },
    ],
    ['a single manifest', 'single', ['arm64'], { row: 'yes', ok: true }],
    ['nodes that may not be listed', 'arm64', null, { row: 'on linux/arm64 only', ok: true }],
    [
      'an image that they cannot unpack',
      'wasi',
      ['arm64'],
      { row: expect.stringContaining('build it with --platform linux/arm64 --provenance=false'), ok: true },
    ],
  ])('%s', async (_case, image, architectures, expected) => {
    expect(await live(image, architectures)).toMatchObject(expected);
  });
});

test('--kubeconfig requires --live', async () => {
  const { exitCode, stderr } = await runInspect([`${registry.host}/corpus/both:1`, '--kubeconfig', 'x']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('flag --kubeconfig requires --live');
});
