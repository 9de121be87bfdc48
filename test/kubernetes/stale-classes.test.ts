import { expect, test } from 'vitest';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createCluster } from '../../src/kubernetes/cluster.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { list, startScriptedApi, type Step, watch } from '../support/kubernetes/scripted-api.ts';

test('RuntimeClasses are stale before their first list, and while their watch is broken', async () => {
  let isAway = false;
  const answer: Step = (request, response) => {
    if (isAway && request.path.endsWith('/runtimeclasses')) response.destroy();
    else (request.query.has('watch') ? watch() : list('10', []))(request, response);
  };
  await using api = await startScriptedApi([answer]);
  const { logger } = createRecordingLogger();
  const client = createKubernetesClient(api.connection);
  const cluster = createCluster({ client, logger }, { firstMilliseconds: 1, maxMilliseconds: 2 });
  expect(cluster.hasStaleClasses()).toBe(true);
  cluster.start();
  try {
    await expect.poll(() => cluster.hasStaleClasses()).toBe(false);
    const isWatch = (index: number): boolean =>
      api.seen[index]?.path.endsWith('/runtimeclasses') === true && api.seen[index].query.has('watch');
    await expect.poll(() => api.open.findIndex((_response, index) => isWatch(index))).toBeGreaterThan(-1);
    isAway = true;
    api.open[api.open.findIndex((_response, index) => isWatch(index))]?.destroy();
    await expect.poll(() => cluster.hasStaleClasses()).toBe(true);
    isAway = false;
    await expect.poll(() => cluster.hasStaleClasses()).toBe(false);
  } finally {
    await cluster.stop();
  }
});
