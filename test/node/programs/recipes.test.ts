import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PLAN, RECIPES } from './recipes.ts';

test('the plan builds each recipe once', () => {
  const planned = PLAN.flat(2).map(({ name }) => name);
  expect(planned.toSorted()).toEqual(Object.keys(RECIPES).toSorted());
});

test.each([
  [RECIPES.kubelet, 'k8s.io/kubernetes'],
  [RECIPES['kube-scheduler'], 'k8s.io/kubernetes'],
  [RECIPES.containerd, 'github.com/containerd/containerd/v2'],
  [RECIPES.runc, 'github.com/opencontainers/runc'],
  [RECIPES['cni-plugins'], 'github.com/containernetworking/plugins'],
])('the version of $name is the one of its Go module', async ({ version, sources: [file = ''] }, module) => {
  expect(await readFile(file, 'utf8')).toContain(`${module} v${version}\n`);
});

test('the version of the shim is the one of the runwasi library, and all crates are from crates.io', async () => {
  const lock = await readFile(join(import.meta.dirname, '../shim/Cargo.lock'), 'utf8');
  expect(lock).toContain(`name = "containerd-shim-wasm"\nversion = "${RECIPES.shim.version}"\n`);
  const sources = lock.split('\n').filter((line) => line.startsWith('source = '));
  expect([...new Set(sources)]).toEqual(['source = "registry+https://github.com/rust-lang/crates.io-index"']);
});
