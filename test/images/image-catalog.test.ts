import type { RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Credential } from '../../src/credentials/credential.ts';
import { createImageCatalog, type ImageCatalog } from '../../src/images/image-catalog.ts';
import type { ImageResult, ImageRequest } from '../../src/images/image-result.ts';
import type { PullSecretsPort } from '../../src/images/ports.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';
import { startRegistry, type RegistryOptions, type TestRegistry } from '../support/registry/registry.ts';

interface Bench {
  readonly catalog: ImageCatalog;
  readonly registry: TestRegistry;
  readonly question: (parts?: Partial<ImageRequest>) => ImageRequest;
  readonly ask: (parts?: Partial<ImageRequest>) => Promise<ImageResult>;
}

interface Setup extends RegistryOptions {
  readonly secrets?: Readonly<Record<string, Credential>>;
  /** The operator's own credentials. */
  readonly lent?: readonly Credential[];
  readonly ttl?: { readonly tagTtl?: number; readonly failureTtl?: number };
}

async function setUp({ secrets = {}, lent, ttl = {}, ...options }: Setup = {}): Promise<Bench> {
  const registry = await startRegistry({ images: putFixtureImages, ...options });
  const client = createLocalClient();
  onTestFinished(async () => {
    await client.close();
    await registry.close();
  });
  const pullSecrets: PullSecretsPort = {
    read: (namespace, names) =>
      Promise.resolve({
        credentials: names.flatMap((name) => secrets[`${namespace}/${name}`] ?? []),
        shortfalls: [],
      }),
    forget: () => undefined,
  };
  const catalog = createImageCatalog(
    {
      registry: client,
      pullSecrets,
      logger: createRecordingLogger().logger,
      ...(lent === undefined ? {} : { keychain: { credentialsFor: () => Promise.resolve(lent) } }),
    },
    ttl,
  );
  const question = (parts: Partial<ImageRequest> = {}): ImageRequest => ({
    image: `${registry.host}/corpus/bk-wasi-wasm:latest`,
    namespace: 'default',
    pullSecrets: [],
    architectures: [],
    ...parts,
  });
  const ask = (parts?: Partial<ImageRequest>): Promise<ImageResult> =>
    catalog.lookUp(question(parts), { signal: AbortSignal.timeout(60_000) });
  return { catalog, registry, question, ask };
}

/** Waits until the test opens the gate. */
function gate(): {
  readonly faults: (handler: RequestListener) => RequestListener;
  readonly open: () => void;
} {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    faults: (handler) => (request, response) => void promise.then(() => handler(request, response)),
    open: resolve,
  };
}

describe('requests to the registry', () => {
  test('two for an image that is not cached, none for a cached one', async () => {
    const { catalog, registry, question, ask } = await setUp();
    expect(catalog.cached(question())).toBeUndefined();
    expect(await ask()).toMatchObject({ kind: 'facts', stale: null });
    expect(registry.log).toHaveLength(2);
    expect(catalog.cached(question())).toMatchObject({ kind: 'facts' });
    expect(await ask()).toMatchObject({ kind: 'facts' });
    expect(registry.log).toHaveLength(2);
  });

  test('two for 500 concurrent lookups of one image', async () => {
    const { registry, ask } = await setUp();
    const answers = await Promise.all(Array.from({ length: 500 }, () => ask()));
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['facts']));
    expect(registry.log).toHaveLength(2);
  });

  test('one HEAD for an expired tag', async () => {
    const { registry, ask } = await setUp({ ttl: { tagTtl: 1 } });
    await ask();
    await expect
      .poll(async () => (await ask()).kind === 'facts' && registry.lines().slice(2))
      .toEqual(['HEAD /v2/corpus/bk-wasi-wasm/manifests/latest none']);
  });

  test('a new read of a moved tag', async () => {
    const { registry, ask } = await setUp({ ttl: { tagTtl: 1 } });
    const before = await ask();
    const moved = registry.store.manifest('corpus/linux-plain', 'latest');
    if (moved === undefined || before.kind !== 'facts') throw new Error('both images are served');
    const { config } = JSON.parse(Buffer.from(moved.bytes).toString('utf8')) as {
      config: { digest: string };
    };
    registry.store.putBlob(
      'corpus/bk-wasi-wasm',
      registry.store.blob('corpus/linux-plain', config.digest) ?? Buffer.of(),
    );
    registry.store.putManifest('corpus/bk-wasi-wasm', 'latest', moved);
    const digest = async (): Promise<string | null> => {
      const after = await ask();
      return after.kind === 'facts' ? after.facts.digest : null;
    };
    await expect.poll(digest).not.toBe(before.facts.digest);
  });
});

describe('while the registry fails', () => {
  test('a lookup returns the reason, which is cached briefly', async () => {
    const { registry, ask } = await setUp();
    const image = `${registry.host}/corpus/nothing:1`;
    expect(await ask({ image })).toMatchObject({ kind: 'failure', reason: 'not-found' });
    const asked = registry.log.length;
    expect(await ask({ image })).toMatchObject({ kind: 'failure', reason: 'not-found' });
    expect(registry.log).toHaveLength(asked);
  });

  test('an invalid reference causes no request', async () => {
    const { registry, ask } = await setUp();
    expect(await ask({ image: 'Bad Reference' })).toMatchObject({ kind: 'failure', reason: 'invalid' });
    expect(registry.log).toHaveLength(0);
  });

  test('an expired result is returned, marked stale', async () => {
    const { registry, ask } = await setUp({ ttl: { tagTtl: 1 } });
    await ask();
    await registry.close();
    await expect
      .poll(async () => {
        const answer = await ask();
        return answer.kind === 'facts' && answer.stale;
      })
      .toMatchObject({ reason: 'unreachable', since: expect.any(Number) });
  });
});

describe('time', () => {
  test('an admission waits no longer than its deadline, and the lookup continues for the retry', async () => {
    const { faults, open } = gate();
    const { catalog, question } = await setUp({ faults });
    expect(await catalog.lookUp(question(), { signal: AbortSignal.timeout(20) })).toMatchObject({
      kind: 'failure',
      reason: 'timeout',
      // Applying again does not change a Pod that exists already.
      advice: expect.stringContaining('delete the Pod if it was admitted'),
    });
    open();
    await expect.poll(() => catalog.cached(question())).toMatchObject({ kind: 'facts' });
  });

  test('an expired result is returned at the deadline', async () => {
    let isReachable = true;
    const faults =
      (handler: RequestListener): RequestListener =>
      (request, response) => {
        if (isReachable) handler(request, response);
      };
    const { catalog, question, ask } = await setUp({ faults, ttl: { tagTtl: 1 } });
    await ask();
    isReachable = false;
    await expect.poll(() => catalog.cached(question())).toBeUndefined();
    expect(await catalog.lookUp(question(), { signal: AbortSignal.timeout(20) })).toMatchObject({
      kind: 'facts',
      stale: { reason: 'timeout' },
    });
  });

  test('an admission past its deadline gets a result at once', async () => {
    const { faults } = gate();
    const { catalog, question } = await setUp({ faults });
    expect(await catalog.lookUp(question(), { signal: AbortSignal.abort() })).toMatchObject({
      reason: 'timeout',
    });
  });

  test('one early deadline does not affect other callers', async () => {
    const { faults, open } = gate();
    const { catalog, registry, question, ask } = await setUp({ faults });
    const patient = ask();
    await catalog.lookUp(question(), { signal: AbortSignal.timeout(20) });
    open();
    expect(await patient).toMatchObject({ kind: 'facts' });
    expect(registry.log).toHaveLength(2);
  });
});

function credential(server: string): Credential {
  return {
    server,
    secret: { kind: 'basic', username: 'team-a', password: 'secret' },
    source: 'secret team-a/regcred',
  };
}

describe('credentials', () => {
  const users = { 'team-a': 'secret' };

  test.each(['basic', 'bearer'] as const)(
    'a pull secret opens a registry with %s auth for its namespace only',
    async (auth) => {
      const secrets: Record<string, Credential> = {};
      const { registry, ask } = await setUp({ auth, users, secrets });
      secrets['team-a/regcred'] = credential(registry.host);
      expect(await ask({ namespace: 'team-a', pullSecrets: ['regcred'] })).toMatchObject({ kind: 'facts' });
      const asked = registry.log.length;
      expect(await ask({ namespace: 'team-b', pullSecrets: ['regcred'] })).toMatchObject({
        kind: 'failure',
        reason: 'unauthorized',
      });
      expect(await ask({ namespace: 'team-a' })).toMatchObject({ kind: 'failure', reason: 'unauthorized' });
      expect(registry.log.length).toBeGreaterThan(asked);
    },
  );

  test("the operator's own credentials serve every namespace, as a node's do", async () => {
    const lent: Credential[] = [];
    const { registry, ask } = await setUp({ auth: 'basic', users, lent });
    lent.push({ ...credential(registry.host), source: '/config.json' });
    expect(await ask({ namespace: 'team-b' })).toMatchObject({ kind: 'facts' });
    const asked = registry.log.length;
    expect(await ask({ namespace: 'team-c' })).toMatchObject({ kind: 'facts' });
    expect(registry.log).toHaveLength(asked);
  });

  test('a rejection does not reveal where the operator keeps them', async () => {
    const lent: Credential[] = [];
    const { registry, ask } = await setUp({ auth: 'basic', users, lent });
    const secret = { kind: 'basic', username: 'team-a', password: 'old' } as const;
    lent.push({ server: registry.host, secret, source: '/etc/wasmgate/config.json' });
    const answer = await ask();
    expect(answer).toMatchObject({
      reason: 'unauthorized',
      advice: expect.stringContaining("The registry rejected the login (the operator's credentials)"),
    });
    expect(JSON.stringify(answer)).not.toContain('/etc/wasmgate');
  });

  test("they are tried after the Pod's own", async () => {
    const secrets: Record<string, Credential> = {};
    const lent: Credential[] = [];
    const options = { auth: 'basic', users: { ...users, node: 'node' }, secrets, lent } as const;
    const { registry, ask } = await setUp(options);
    const node = { kind: 'basic', username: 'node', password: 'node' } as const;
    lent.push({ server: registry.host, secret: node, source: '/config.json' });
    secrets['team-a/old'] = { ...credential(registry.host), secret: { ...node, password: 'old' } };
    secrets['team-a/regcred'] = credential(registry.host);
    const asTeam = { namespace: 'team-a', pullSecrets: ['regcred'] };
    expect(await ask(asTeam)).toMatchObject({ kind: 'facts' });
    // Anonymous, the secret, and the config with the same login: the operator's was not needed.
    expect(registry.log).toHaveLength(3);
    expect(await ask({ ...asTeam, pullSecrets: ['old'] })).toMatchObject({ kind: 'facts' });
  });
});
