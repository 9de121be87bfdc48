import { expect, test } from 'vitest';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import {
  createWatchCollection,
  type WatchCollection,
  type WatchTimings,
} from '../../src/kubernetes/watch-collection.ts';
import { type Namespace, parseNamespace } from '../../src/pod/cluster-objects.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import {
  list,
  errorStatus,
  startScriptedApi,
  thing,
  watch,
  type ScriptedApi,
  type Step,
} from '../support/kubernetes/scripted-api.ts';

/** Every watch here counts as short, however slow the machine is. */
const TIMINGS = { firstMilliseconds: 1, maxMilliseconds: 2, shortWatchMilliseconds: 600_000 } as const;

type Thing = Pick<Namespace, 'name' | 'labels'>;

interface Watched extends AsyncDisposable {
  readonly api: ScriptedApi;
  readonly collection: WatchCollection<Thing>;
  /** The result of the first list. */
  readonly listed: Promise<ReadonlyMap<string, Thing>>;
  readonly changes: readonly string[];
  readonly warnings: () => readonly string[];
  /** `name=state`, sorted. */
  readonly contents: () => string;
}

async function play(steps: readonly Step[], timings: WatchTimings = {}): Promise<Watched> {
  const api = await startScriptedApi(steps);
  const { logger, messages } = createRecordingLogger();
  const changes: string[] = [];
  const listed = Promise.withResolvers<ReadonlyMap<string, Thing>>();
  const contents = (): string =>
    [...collection.items().values()]
      .map(({ name, labels }) => `${name}=${Object.values(labels).join('')}`)
      .toSorted()
      .join(' ');
  const collection = createWatchCollection(
    { client: createKubernetesClient(api.connection), logger },
    {
      ...TIMINGS,
      ...timings,
      what: 'things',
      path: '/api/v1/things',
      parse: parseNamespace,
      onChange: () => {
        changes.push(contents());
        listed.resolve(new Map(collection.items()));
      },
    },
  );
  const stopping = new AbortController();
  const running = collection.run(stopping.signal);
  return {
    api,
    collection,
    listed: listed.promise,
    changes,
    contents,
    warnings: () => messages('warn'),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await running;
      await api[Symbol.asyncDispose]();
    },
  };
}

test('lists page by page, then watches from the version of the list with bookmarks', async () => {
  await using watched = await play([
    list('10', [thing('a', '1')], 'next'),
    list('10', [thing('b', '2')]),
    watch(),
  ]);
  await watched.listed;
  await expect.poll(() => watched.api.seen.length).toBe(3);
  expect(watched.contents()).toBe('a= b=');
  expect(watched.api.seen.map(({ query }) => Object.fromEntries(query))).toEqual([
    { limit: '25' },
    { limit: '25', continue: 'next' },
    { watch: 'true', allowWatchBookmarks: 'true', resourceVersion: '10', timeoutSeconds: '300' },
  ]);
});

test('reports each added, changed and deleted object once', async () => {
  await using watched = await play([
    list('10', [thing('a', '1', 'old'), thing('b', '2')]),
    watch(
      { type: 'ADDED', object: thing('c', '11') },
      { type: 'MODIFIED', object: thing('a', '12', 'new') },
      { type: 'DELETED', object: thing('b', '13') },
    ),
  ]);
  await expect.poll(() => watched.contents()).toBe('a=new c=');
  expect(watched.changes).toEqual(['a=old b=', 'a=old b= c=', 'a=new b= c=', 'a=new c=']);
});

test('a heartbeat that changes no field that is read reports nothing and keeps the item', async () => {
  await using watched = await play([
    list('10', [thing('a', '1')]),
    watch({ type: 'MODIFIED', object: thing('a', '11') }, { type: 'ADDED', object: thing('b', '12') }),
  ]);
  const before = (await watched.listed).get('a');
  await expect.poll(() => watched.contents()).toBe('a= b=');
  expect(watched.changes).toEqual(['a=', 'a= b=']);
  expect(watched.collection.items().get('a')).toBe(before);
});

test('after the server ends a watch, the next one starts from the last version seen, bookmarks included', async () => {
  await using watched = await play([
    list('10', []),
    (request, response) => {
      watch({ type: 'BOOKMARK', object: thing('', '77') })(request, response);
      response.end();
    },
    watch({ type: 'ADDED', object: thing('late', '78') }),
  ]);
  await expect.poll(() => watched.contents()).toBe('late=');
  expect(watched.api.seen[2]?.query.get('resourceVersion')).toBe('77');
  expect(watched.warnings()).toEqual([]);
});

const gone = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } };

test.for<readonly [string, Step]>([
  ['as an event', watch(gone)],
  ['as a response', errorStatus(410, 'Expired')],
])('a version that is too old, %s, lists again without a warning', async ([, step]) => {
  await using watched = await play([
    list('10', [thing('gone', '1'), thing('kept', '2')]),
    step,
    list('20', [thing('kept', '2'), thing('new', '15')]),
    watch(),
  ]);
  await expect.poll(() => watched.contents()).toBe('kept= new=');
  await expect.poll(() => watched.api.seen.length).toBe(4);
  expect(watched.api.seen[3]?.query.get('resourceVersion')).toBe('20');
  expect(watched.warnings()).toEqual([]);
});

const cut: Step = (request, response) => {
  watch({ type: 'ADDED', object: thing('seen', '11') })(request, response);
  setTimeout(() => response.destroy(), 5);
};

const endAtOnce: Step = (request, response) => {
  watch()(request, response);
  response.end();
};

test.for<readonly [name: string, step: Step, warning: RegExp]>([
  ['a connection that breaks', cut, /Cannot watch things: /],
  ['a watch that ends as soon as it started', endAtOnce, /ended as soon as it started/],
  [
    'a line that is not JSON',
    (_, response) => void response.writeHead(200).write('{"type":\n'),
    /other than a watch event/,
  ],
  [
    'a line that is cut off',
    (_, response) => void response.writeHead(200).end('{"type":'),
    /middle of a line/,
  ],
  ['an object without a version', watch({ type: 'ADDED', object: { metadata: {} } }), /no resourceVersion/],
  [
    'an error event',
    watch({ type: 'ERROR', object: { code: 500, message: 'etcd is away' } }),
    /etcd is away/,
  ],
  ['a rejection', errorStatus(403, 'Forbidden', 'things is forbidden'), /things is forbidden/],
  ['an overloaded server', errorStatus(429, 'TooManyRequests'), /TooManyRequests/],
])('after %s it warns, lists again and goes on', async ([, step, warning]) => {
  await using watched = await play([
    list('10', [thing('a', '1')]),
    step,
    list('20', [thing('b', '15')]),
    watch({ type: 'ADDED', object: thing('c', '21') }),
  ]);
  await expect.poll(() => watched.contents()).toBe('b= c=');
  expect(watched.warnings()).toEqual([expect.stringMatching(warning)]);
  expect(watched.collection.state()).toMatchObject({
    ready: true,
    current: true,
    failure: null,
    restarts: 1,
  });
});

test('a silent watch times out; a list and another watch follow', async () => {
  // The second watch falls silent, too: after each timeout, list and watch start as before.
  const again: Step = (request, response) => {
    const added = watch({ type: 'ADDED', object: thing('c', '21') });
    (request.query.has('watch') ? added : list('20', [thing('b', '15')]))(request, response);
  };
  await using watched = await play([list('10', [thing('a', '1')]), watch(), again], {
    silenceMilliseconds: 100,
  });
  await expect.poll(() => watched.changes).toContain('b= c=');
  expect(watched.warnings()[0]).toBe('Cannot watch things: the API server sent nothing for 0.1 s');
});

const brokenBody: Step = (_, response) => {
  response.writeHead(200, { 'content-length': '9' }).write('{');
  setTimeout(() => response.destroy(), 5);
};

test('a first list is retried until it succeeds; until then the state is not ready', async () => {
  await using watched = await play([
    errorStatus(503, 'ServiceUnavailable'),
    errorStatus(401, 'Unauthorized'),
    brokenBody,
    (_, response) => void response.end('not JSON'),
    list('10', [thing('a', '1')], 'next'),
    errorStatus(410, 'Expired'),
    list('11', [thing('a', '1')]),
    watch(),
  ]);
  expect(watched.collection.state()).toMatchObject({ ready: false, lastContact: null });
  await watched.listed;
  expect(watched.contents()).toBe('a=');
  expect(watched.warnings().length).toBe(5);
});

test('items stay while the API server is unreachable, and the state reports them as stale', async () => {
  await using watched = await play([
    list('10', [thing('a', '1')]),
    watch(),
    (_, response) => void response.destroy(),
  ]);
  await expect.poll(() => watched.api.open.length).toBe(2);
  expect(watched.collection.state()).toMatchObject({ ready: true, current: true });
  watched.api.open[1]?.destroy();
  await expect.poll(() => watched.warnings().length).toBeGreaterThan(2);
  expect(watched.contents()).toBe('a=');
  expect(watched.collection.state()).toMatchObject({
    ready: true,
    current: false,
    failure: expect.any(String),
  });
});

test('after a stop before the first list, no request follows', async () => {
  const watched = await play([() => {}]);
  await expect.poll(() => watched.api.seen.length).toBe(1);
  await watched[Symbol.asyncDispose]();
  expect(watched.api.seen.length).toBe(1);
});

test('after an outage, even a rejection shortens the wait', async () => {
  const away: Step = (_request, response) => void response.destroy();
  const starting = errorStatus(403, 'Forbidden');
  const api = await startScriptedApi([away, away, away, starting, starting, list('1', []), watch()]);
  const counted: unknown[] = [];
  const listed = Promise.withResolvers<void>();
  const warn = (fields: object): void => void counted.push(Reflect.get(fields, 'failures'));
  const collection = createWatchCollection(
    { client: createKubernetesClient(api.connection), logger: { ...createRecordingLogger().logger, warn } },
    { ...TIMINGS, what: 'things', path: '/api/v1/things', parse: parseNamespace, onChange: listed.resolve },
  );
  const stopping = new AbortController();
  const running = collection.run(stopping.signal);
  await listed.promise;
  expect(counted).toEqual([1, 2, 3, 1, 2]);
  stopping.abort();
  await Promise.all([running, api[Symbol.asyncDispose]()]);
});
