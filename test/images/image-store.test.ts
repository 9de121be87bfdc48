import { expect, onTestFinished, test } from 'vitest';
import { pushImage, targetOf } from '../../src/fake-registry/push-image.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import type { ImageRequest } from '../../src/images/image-result.ts';
import { createImageStore } from '../../src/images/image-store.ts';
import type { SnapshotPort } from '../../src/images/ports.ts';
import { AppError } from '../../src/lib/errors.ts';
import { NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { MODULE } from '../support/image/tar.ts';
import { createTestClient } from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';

const never = new AbortController().signal;

/** Storage in memory with the rules of the API server, and the port to it. */
function createStorage(limit = Infinity) {
  const state = { text: null as string | null, version: 1, writes: 0 };
  const port: { -readonly [Name in keyof SnapshotPort]: SnapshotPort[Name] } = {
    read: (since) =>
      Promise.resolve(
        since === String(state.version) ? null : { text: state.text, version: String(state.version) },
      ),
    write: (text, version) => {
      if (text.length > limit) return Promise.reject(new AppError('too-large', 'Cannot write: too large'));
      if (version !== String(state.version))
        return Promise.reject(new AppError('conflict', 'Cannot write: conflict'));
      Object.assign(state, { text, version: state.version + 1, writes: state.writes + 1 });
      return Promise.resolve(String(state.version));
    },
  };
  return { state, port };
}

async function setUp({ limit }: { limit?: number } = {}) {
  const registry = await startRegistry({
    images: (store) => {
      for (const image of ['one:1', 'two:1', 'three:1', 'four:1'])
        pushImage(targetOf(store, image), {
          os: 'linux',
          architecture: 'amd64',
          files: { app: MODULE },
          entrypoint: ['/app'],
        });
    },
  });
  const storage = createStorage(limit);
  const clients: { close: () => Promise<void> }[] = [];
  const deleted = new Set<string>();
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await registry.close();
    isOpen = false;
  };
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await close();
  });

  function startReplica(options: { readonly tagTtl?: number } = {}) {
    const client = createTestClient([registry]);
    clients.push(client);
    const { logger, messages } = createRecordingLogger();
    const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger }, options);
    const hasNamespace = (name: string): boolean => name !== 'deleted' && !deleted.has(name);
    const store = createImageStore({ catalog, snapshots: storage.port, hasNamespace, logger });
    const requestFor = (name: string, more: Partial<ImageRequest> = {}): ImageRequest => ({
      image: `${registry.host}/${name}`,
      namespace: 'team-a',
      pullSecrets: [],
      architectures: ['amd64'],
      ...more,
    });
    const learn = (name: string, more: Partial<ImageRequest> = {}) =>
      catalog.lookUp(requestFor(name, more), { signal: AbortSignal.timeout(60_000) });
    const recall = (name: string, more: Partial<ImageRequest> = {}) => catalog.poll(requestFor(name, more));
    return { catalog, store, learn, recall, messages, requestFor };
  }

  return { storage, startReplica, registry, stopRegistry: close, deleted };
}

test('a replica knows what the one before it knew, with its age and without a request', async () => {
  const { startReplica, registry } = await setUp();
  const first = startReplica();
  await first.learn('one:1');
  await first.store.save(never);
  const asked = registry.log.length;
  const second = startReplica();
  expect(await second.store.load(never)).toBe(1);
  const [known] = first.catalog.images();
  expect(second.catalog.images()).toEqual([known]);
  expect(second.recall('one:1')).toMatchObject({ kind: 'facts', stale: null });
  expect(registry.log).toHaveLength(asked);
});

test('a tag that has expired meanwhile is confirmed, or served stale while its registry is unreachable', async () => {
  const { startReplica, registry, stopRegistry } = await setUp();
  const first = startReplica();
  await first.learn('one:1');
  await first.store.save(never);
  const second = startReplica({ tagTtl: 1 });
  await second.store.load(never);
  expect(second.recall('one:1')).toBeUndefined();
  expect(await second.learn('one:1')).toMatchObject({ stale: null });
  expect(registry.log.at(-1)).toMatchObject({ method: 'HEAD' });
  await stopRegistry();
  const third = startReplica({ tagTtl: 1 });
  await third.store.load(never);
  const since = first.catalog.images()[0]?.confirmedAt;
  expect(await third.learn('one:1')).toMatchObject({
    kind: 'facts',
    stale: { since, reason: 'unreachable' },
  });
});

test('a snapshot of a clock that is ahead does not lengthen the life of a tag', async () => {
  const { startReplica } = await setUp();
  const first = startReplica();
  await first.learn('one:1');
  const [known] = first.catalog.images();
  if (known === undefined) throw new Error('nothing is known');
  const second = startReplica();
  second.catalog.restore({ ...known, confirmedAt: Date.now() + 86_400_000 });
  expect(second.catalog.images()[0]?.confirmedAt).toBeLessThanOrEqual(Date.now());
});

test('what one namespace read with its pull secrets answers no other request', async () => {
  const { startReplica } = await setUp();
  const first = startReplica();
  const secrets = { pullSecrets: ['one', 'two'] };
  await first.learn('one:1', secrets);
  await first.store.save(never);
  const second = startReplica();
  await second.store.load(never);
  expect(second.recall('one:1', secrets)).toMatchObject({ kind: 'facts' });
  expect(second.recall('one:1', { ...secrets, namespace: 'team-b' })).toBeUndefined();
  expect(second.recall('one:1', { pullSecrets: ['one'] })).toBeUndefined();
  expect(second.recall('one:1')).toBeUndefined();
});

test('facts of private images do not outlive their namespace', async () => {
  const { startReplica } = await setUp();
  const first = startReplica();
  await first.learn('one:1', { namespace: 'deleted', pullSecrets: ['one'] });
  await first.learn('two:1', { namespace: 'deleted' });
  await first.store.save(never);
  const second = startReplica();
  expect(await second.store.load(never)).toBe(1);
  expect(second.recall('two:1')).toMatchObject({ kind: 'facts' });
});

test('facts of private images are not restored for a namespace that was deleted since', async () => {
  const { startReplica, deleted } = await setUp();
  const first = startReplica();
  await first.learn('one:1', { namespace: 'team-b', pullSecrets: ['one'] });
  await first.learn('two:1', { namespace: 'team-b' });
  await first.store.save(never);
  deleted.add('team-b');
  const second = startReplica();
  expect(await second.store.load(never)).toBe(1);
  expect(second.recall('one:1', { namespace: 'team-b', pullSecrets: ['one'] })).toBeUndefined();
  expect(second.recall('two:1')).toMatchObject({ kind: 'facts' });
});

test('replicas take over from each other what is new, and write only then', async () => {
  const { startReplica, storage } = await setUp();
  const [first, second] = [startReplica(), startReplica()];
  await first.learn('one:1');
  await second.learn('two:1');
  await first.store.save(never);
  // Its version is outdated: it reads again before it writes.
  await second.store.save(never);
  expect(second.recall('one:1')).toMatchObject({ kind: 'facts' });
  const stopped = new AbortController();
  const following = first.store.follow(stopped.signal);
  await expect.poll(() => first.recall('two:1')).toMatchObject({ kind: 'facts' });
  stopped.abort();
  await following;
  expect(storage.state.writes).toBe(2);
});

test('what replicas read of the layers of one image is joined', async () => {
  const { startReplica } = await setUp();
  const [first, second] = [startReplica(), startReplica()];
  for (const [{ catalog, learn, requestFor }, command] of [
    [first, ['/app']],
    [second, ['/other']],
  ] as const) {
    const result = await learn('one:1');
    if (result.kind === 'failure') throw new Error(result.detail);
    const target = { facts: result.facts, override: { command }, scope: 'any' as const };
    await catalog.peek(requestFor('one:1'), target, { signal: AbortSignal.timeout(60_000) });
  }
  await first.store.save(never);
  await second.store.save(never);
  const third = startReplica();
  await third.store.load(never);
  const contents = third.catalog.images()[0]?.facts.variants[0].contents;
  expect(contents?.get('/app')).toBe('module');
  expect(contents?.get('/other')).toBe('absent');
});

test('a snapshot that is too large is written with fewer images', async () => {
  const { startReplica, storage } = await setUp({ limit: 4_000 });
  const first = startReplica();
  for (const name of ['one:1', 'two:1', 'three:1', 'four:1']) await first.learn(name);
  await first.store.save(never);
  expect(first.messages('warn')).toEqual([]);
  expect(storage.state.writes).toBe(1);
  expect((storage.state.text ?? '').length).toBeLessThanOrEqual(4_000);
  expect((storage.state.text ?? '').split('\n').length).toBeGreaterThan(1);
});

test('garbage is ignored with one line, and replaced', async () => {
  const { startReplica, storage } = await setUp();
  storage.state.text = 'garbage';
  const first = startReplica();
  expect(await first.store.load(never)).toBe(0);
  expect(first.messages('warn')).toEqual([
    'ignored the stored images: they are damaged or of another version',
  ]);
  await first.learn('one:1');
  await first.store.save(never);
  expect(await startReplica().store.load(never)).toBe(1);
});

test('a storage that fails is logged, and costs nothing else', async () => {
  const { startReplica, storage } = await setUp();
  const first = startReplica();
  await first.learn('one:1');
  storage.port.write = () => Promise.reject(new AppError('unreachable', 'Cannot write: no answer'));
  await first.store.save(never);
  expect(first.messages('warn')).toEqual(['cannot store what is known of images']);
});

test('without the right to write, it says so once and tries again when there is more to store', async () => {
  const { startReplica, storage } = await setUp();
  const first = startReplica();
  let attempts = 0;
  storage.port.write = () => {
    attempts += 1;
    return Promise.reject(new AppError('forbidden', 'Cannot write: forbidden'));
  };
  for (const name of ['one:1', 'two:1']) {
    await first.learn(name);
    for (let exchange = 0; exchange < 2; exchange += 1) {
      const stopped = new AbortController();
      const following = first.store.follow(stopped.signal);
      await expect.poll(() => attempts).toBe(name === 'one:1' ? 1 : 2);
      stopped.abort();
      await following;
    }
  }
  expect(first.messages('info')).toEqual(['replicas do not share what they know of images']);
  expect(first.messages('warn')).toEqual([]);
});

test.each(['forbidden', 'not-found'])('without anything to read (%s), it says so once', async (code) => {
  const { startReplica, storage } = await setUp();
  storage.port.read = () => Promise.reject(new AppError(code, 'Cannot read'));
  const first = startReplica();
  expect(await first.store.load(never)).toBeNull();
  expect(first.messages('info')).toEqual(['replicas do not share what they know of images']);
});
