import { expect, test } from 'vitest';
import type { WatchState } from '../../src/kubernetes/watch-collection.ts';
import { createHealth } from '../../src/server/health.ts';
import { checkReloads, checkWatches } from '../../src/wire/readiness.ts';

const LISTED: WatchState = { ready: true, current: true, lastContact: 1, failure: null, restarts: 0 };

function statesWith(nodes: WatchState) {
  return () => ({ 'runtime classes': LISTED, namespaces: LISTED, nodes, 'limit ranges': LISTED });
}

test('wasmgate is ready once it has listed every collection, even if a watch fails later', () => {
  let nodes: WatchState = { ...LISTED, ready: false, current: false };
  const { answer } = createHealth(checkWatches({ states: () => statesWith(nodes)() }));
  expect(answer(true).text).toContain('[+]runtimeclasses ok\n');
  expect(answer(true).text).toContain('[+]limitranges ok\n');
  expect(answer(false)).toEqual({
    isReady: false,
    text: 'not ready: waiting for the first list of nodes\n',
  });
  nodes = { ...LISTED, current: false };
  expect(answer(true)).toEqual({
    isReady: true,
    text: expect.stringContaining('[+]nodes ok, but its watch failed'),
  });
});

test('a rejected configuration keeps wasmgate ready, with a remark until a file is valid again', () => {
  const counted: string[] = [];
  const { check, onReload } = checkReloads((result) => void counted.push(result));
  const { answer } = createHealth({ configuration: check });
  expect(answer(true).text).toContain('[+]configuration ok\n');
  onReload('failure');
  expect(answer(true)).toEqual({
    isReady: true,
    text: expect.stringContaining('[+]configuration ok, but its files are invalid'),
  });
  onReload('success');
  expect(answer(true).text).toContain('[+]configuration ok\n');
  expect(counted).toEqual(['failure', 'success']);
});
