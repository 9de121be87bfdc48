import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { clusterCapabilities } from '../../../src/audit/capabilities/cluster-capabilities.ts';
import { renderCapabilities } from '../../../src/cli/audit/render-capabilities.ts';
import { createPage } from '../../../src/cli/page.ts';
import { cluster, node, runtimeClass, settings } from '../../support/pod/pods.ts';

const CLASSES = [
  runtimeClass('crun'),
  runtimeClass('slight'),
  runtimeClass('wasmtime-spin-v2', { handler: 'spin' }),
];
const NODES = [
  ...Array.from({ length: 4998 }, (_, index) =>
    node(`n${index}`, {
      handlers: index < 40 ? ['crun', 'spin'] : ['crun'],
      runtimeVersion: 'containerd://2.3.1',
    }),
  ),
  node('old', { architecture: 'arm64', runtimeVersion: 'containerd://1.7.2' }),
  node('wasmer', { handlers: ['crun', 'wasmer'], runtimeVersion: 'containerd://2.3.1' }),
];

function render(columns: number, isKnown = { classes: true, nodes: true }): string {
  const page = createPage({ stdout: new Writable(), env: { COLUMNS: String(columns) } });
  const use = new Map([['wasmtime-spin-v2', { named: 3, chosen: 9 }]]);
  return renderCapabilities(
    page,
    clusterCapabilities({ cluster: cluster(CLASSES, NODES), settings: settings(), use, isKnown }),
  );
}

test('is a table in 80 columns', () => {
  const text = render(80);
  expect(text).toMatch(/^ {2}wasmtime-spin-v2 {2}spin {5}40\+ of 5,000 {6}12 {7}Linux images, Spin/m);
  expect(text).toMatch(/^ {2}slight {12}slight {3}up to 1 of 5,000 {2}0 {8}Linux images, slight/m);
  expect(text).toMatch(/^ {2}containerd 2.3 {2}linux\/amd64 {2}4,999 {2}crun, spin \(40\), wasmer \(1\)$/m);
  expect(text).toContain('  info     No workload uses crun, slight.');
  expect(text).toContain('  info     1 node has handler "wasmer", which no RuntimeClass names.');
  expect(text).toContain('  warning  Nodes with containerd 2.3 (4,999) pull file-system images for');
});

test.each([40, 60, 80, 120])('has no line beyond %i columns, and few lines for 5,000 nodes', (columns) => {
  const lines = render(columns).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  expect(lines.length).toBeLessThan(120);
});

test('is paragraphs in 40 columns', () => {
  expect(render(40)).toContain(
    '  wasmtime-spin-v2\n    handler: spin\n    nodes: 40+ of 5,000\n    used by: 12\n',
  );
});

test('says what could not be listed', () => {
  const text = render(80, { classes: false, nodes: false });
  expect(text).toContain('wasmgate could not list the RuntimeClasses.');
  expect(text).toContain('wasmgate could not list the nodes.');
});
