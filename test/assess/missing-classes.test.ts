import { describe, expect, test } from 'vitest';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import { type DecidedAssessment, createDeadline } from '../../src/assess/assessment.ts';
import type { ClusterPort } from '../../src/assess/ports.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { clusterPort } from '../support/assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { cluster, pod, runtimeClass, settings } from '../support/pod/pods.ts';
import { useRegistry } from '../support/registry/use-registry.ts';

const { registry, client } = await useRegistry({ images: putFixtureImages });

/** What the watches know, and what a live list would return; null makes it fail. */
interface Classes {
  readonly watched: readonly string[];
  readonly live: readonly string[] | null;
  readonly isStale?: boolean;
}

function viewOf(names: readonly string[]) {
  return cluster(names.map((name) => runtimeClass(name)));
}

function start({ watched, live, isStale = false }: Classes) {
  let lists = 0;
  let isAway = live === null;
  const known = viewOf(watched);
  const now = live === null || live.join() === watched.join() ? known : viewOf(live);
  const fetchView: ClusterPort['fetchView'] = () => {
    lists += 1;
    return isAway ? Promise.reject(new Error('API server away')) : Promise.resolve(now);
  };
  const { logger, messages } = createRecordingLogger();
  const assess = createAssessPod(
    {
      catalog: createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger }),
      serviceAccounts: NO_ACCOUNT_SECRETS,
      cluster: clusterPort(known, { fetchView, hasStaleClasses: () => isStale }),
      logger,
    },
    { policy: settings({}), ownNamespace: 'wasmgate-system' },
  );
  const judge = async (
    image: string,
    runtimeClassName: string | null,
    step: 'mutate' | 'validate' = 'validate',
  ): Promise<DecidedAssessment> => {
    const subject = pod({
      containers: [{ image: `${registry.host}/corpus/${image}:latest` }],
      spec: runtimeClassName === null ? {} : { runtimeClassName },
    });
    const deadline = createDeadline(60_000);
    const assessment = await assess({
      subject: 'pod',
      pod: subject,
      namespace: 'default',
      step,
      deadline,
    });
    if (assessment.kind !== 'decided') throw new Error('it is judged');
    return assessment;
  };
  return { judge, messages, lists: () => lists, comeBack: () => (isAway = false) };
}

const WASM = 'bk-wasi-wasm';
const LINUX = 'linux-plain';

function denialsOf({ outcome }: DecidedAssessment): readonly string[] {
  return outcome.denials.map(({ id }) => id);
}

describe('a class that the watch has not delivered', () => {
  test('is found when a Pod names it, and is used like any other', async () => {
    const { judge } = start({ watched: [], live: ['spin', 'wasmtime'] });
    const judged = await judge(WASM, 'wasmtime');
    expect(judged).toMatchObject({ decision: { runtimeClass: { origin: 'pod' } } });
    expect(denialsOf(judged)).toEqual([]);
    expect(denialsOf(await judge(WASM, 'spin'))).toEqual(['handler-cannot-run-image']);
  });

  test('is found when a Pod needs one', async () => {
    const { judge } = start({ watched: ['spin'], live: ['spin', 'wasmtime'] });
    const { outcome } = await judge(WASM, null, 'mutate');
    expect(outcome.changes).toContainEqual(
      expect.objectContaining({ path: '/spec/runtimeClassName', value: 'wasmtime' }),
    );
  });

  test.each<[string, readonly string[] | null]>([
    ['does not exist if the live list lacks it, too', ['spin']],
    ['does not exist if the list fails', null],
  ])('%s', async (_case, live) => {
    const { judge, messages } = start({ watched: ['spin'], live });
    expect(denialsOf(await judge(WASM, 'wasmtime'))).toEqual(['runtime-class-missing']);
    expect(denialsOf(await judge(WASM, null))).toEqual(['no-runtime-class-for-image']);
    expect(messages('warn').join()).toMatch(live === null ? 'cannot list RuntimeClasses' : /^$/);
  });
});

describe('while the watch is broken', () => {
  test('a class is chosen once the live list confirms it', async () => {
    const { judge } = start({ watched: ['wasmtime'], live: ['wasmtime'], isStale: true });
    expect((await judge(WASM, null, 'mutate')).outcome.changes).not.toEqual([]);
    expect(denialsOf(await judge(WASM, null))).toEqual(['wasm-image-without-runtime-class']);
  });

  test('a known class is chosen if the list fails', async () => {
    const { judge } = start({ watched: ['wasmtime'], live: null, isStale: true });
    expect((await judge(WASM, null, 'mutate')).outcome.changes).toContainEqual(
      expect.objectContaining({ path: '/spec/runtimeClassName', value: 'wasmtime' }),
    );
    expect(denialsOf(await judge(WASM, 'wasmtime'))).toEqual([]);
  });

  test('a deleted class is not chosen', async () => {
    const { judge } = start({ watched: ['wasmtime'], live: ['spin'], isStale: true });
    expect((await judge(WASM, null, 'mutate')).outcome.changes).toEqual([]);
    expect(denialsOf(await judge(WASM, null))).toEqual(['no-runtime-class-for-image']);
  });
});

test('no list is made if the decision does not depend on it', async () => {
  const { judge, lists } = start({ watched: ['wasmtime'], live: null });
  await judge(LINUX, null);
  await judge(WASM, 'wasmtime');
  await judge(WASM, null, 'mutate');
  expect(lists()).toBe(0);
});

test('a failing list is logged once, and so is its recovery', async () => {
  const { judge, messages, comeBack } = start({ watched: [], live: null });
  for (let admissions = 0; admissions < 3; admissions += 1) await judge(WASM, 'wasmtime');
  expect(messages('warn')).toEqual(['cannot list RuntimeClasses; using those of the watch']);
  comeBack();
  for (let admissions = 0; admissions < 3; admissions += 1) await judge(WASM, 'wasmtime');
  expect(messages('info')).toEqual(['RuntimeClasses can be listed again']);
});
