import { expect, onTestFinished, test } from 'vitest';
import { KEYRING_LIMITS } from '../../src/credentials/credential.ts';
import { parseDockerConfig } from '../../src/credentials/parse-docker-config.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import type { ImageResult } from '../../src/images/image-result.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createPullSecrets } from '../../src/kubernetes/pull-secrets.ts';
import { identityOf } from '../../src/registry/login/login-cache.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { json, startScriptedApi } from '../support/kubernetes/scripted-api.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';

const { secretBytes, triedForImage } = KEYRING_LIMITS;
const IMAGE = 'corpus/bk-wasi-wasm';
const RIGHT = { username: 'joe', password: 'right' };

type Entries = (host: string) => Readonly<Record<string, object>>;

function wrong(count: number, keyOf: (index: number) => string): Record<string, object> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      keyOf(index),
      { username: 'joe', password: `wrong ${index}` },
    ]),
  );
}

/** Looks up an image at a private registry with these pull secrets. */
async function askWith(secrets: Readonly<Record<string, Entries>>) {
  const registry = await startRegistry({ images: putFixtureImages, auth: 'basic', users: { joe: 'right' } });
  const api = await startScriptedApi([
    ({ path }, response) => {
      const auths = secrets[path.split('/').at(-1) ?? '']?.(registry.host) ?? {};
      const data = { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') };
      json({ type: 'kubernetes.io/dockerconfigjson', data })({ path } as never, response);
    },
  ]);
  const client = createLocalClient();
  onTestFinished(async () => {
    await client.close();
    await registry.close();
    await api[Symbol.asyncDispose]();
  });
  const catalog = createImageCatalog({
    registry: client,
    pullSecrets: createPullSecrets({ client: createKubernetesClient(api.connection) }),
    logger: createRecordingLogger().logger,
  });
  const image = `${registry.host}/${IMAGE}:latest`;
  const question = { image, namespace: 'team-a', pullSecrets: Object.keys(secrets), architectures: [] };
  const answer = await catalog.lookUp(question, { signal: AbortSignal.timeout(60_000) });
  return { answer, host: registry.host, logins: registry.log.filter(({ auth }) => auth === 'basic').length };
}

function detailOf(answer: ImageResult): string {
  return answer.kind === 'failure' ? `${answer.reason}: ${answer.detail}` : answer.kind;
}

/** Different keys that all match the image: globs with more and more stars. */
const matching =
  (count: number): Entries =>
  (at) =>
    wrong(
      count,
      (index) => `${at.replace('127', `1${'*'.repeat(1 + (index % 100))}7`)}/${IMAGE.slice(0, index / 100)}`,
    );

test('of thousands of logins for one host only the bound is tried, and the message names each bound', async () => {
  const { answer, logins } = await askWith({
    one: matching(900),
    two: matching(900),
    three: matching(1_050),
  });
  expect(logins).toBe(triedForImage);
  expect(detailOf(answer)).toContain(
    'secret team-a/one has 900 keys with a wildcard, and only the first 100 were used (and 3 more)',
  );
  expect(detailOf(answer)).toContain(`there are more than ${triedForImage} logins`);
});

test('the right login behind more wrong ones than the bound: unauthorized, naming the bound', async () => {
  const path = (at: string, index: number): string => `${at}/${IMAGE.slice(0, 1 + (index % IMAGE.length))}`;
  const wrongOnes =
    (offset: number): Entries =>
    (at) =>
      Object.fromEntries(
        Array.from({ length: IMAGE.length }, (_, index) => [
          path(at, index),
          { username: 'joe', password: `wrong ${offset + index}` },
        ]),
      );
  const { answer, host, logins } = await askWith({
    one: wrongOnes(0),
    two: wrongOnes(100),
    three: (at) => ({ [at]: RIGHT }),
  });
  expect(logins).toBe(triedForImage);
  expect(detailOf(answer)).toContain(
    `unauthorized: Cannot read image "${host}/${IMAGE}:latest": there are more than ${triedForImage} logins for ${host}`,
  );
  expect(answer).toMatchObject({ advice: expect.stringContaining(`"${host}/${IMAGE}"`) as string });
});

test('the right login among the first succeeds, however many follow', async () => {
  const others: Entries = (at) => wrong(1, () => `https://${at}`);
  const secrets = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`other-${index}`, others]));
  const { answer } = await askWith({ ...secrets, right: (at) => ({ [`${at}/corpus`]: RIGHT }) });
  expect(detailOf(answer)).toBe('facts');
});

const tooLarge: Entries = (at) => ({ [at]: { username: 'joe', password: 'p'.repeat(secretBytes) } });

test('a secret that is too large does not hide the login of another one', async () => {
  const { answer } = await askWith({ large: tooLarge, right: (at) => ({ [at]: RIGHT }) });
  expect(detailOf(answer)).toBe('facts');
});

test('without another secret the message names the secret and the bound, and none of its content', async () => {
  const { answer } = await askWith({ large: tooLarge });
  expect(detailOf(answer)).toMatch(
    /^unauthorized: Cannot read image "[^"]+": secret team-a\/large is larger than 512 KiB and was not used; /,
  );
  expect(JSON.stringify(answer)).not.toContain('pppp');
});

test('the message names a secret with too many entries, too', async () => {
  const { answer } = await askWith({ many: () => wrong(1_001, (index) => `r-${index}.example`) });
  expect(detailOf(answer)).toContain(
    'secret team-a/many has 1001 entries, and only the first 1000 were used',
  );
});

/** One Pod sent 20,801 logins to a host, and 79 of them filled the heap. */
test('of 20,800 entries for one host in one secret no more logins than the bound are sent', async () => {
  const { answer, logins } = await askWith({
    many: (at) =>
      Object.fromEntries(
        Array.from({ length: 20_800 }, (_, index) => [
          // Other schemes and cases make other keys with the same meaning.
          index % 2 === 0
            ? `https://${at}/${IMAGE.slice(0, index % 17)}`
            : `${at}/${'#'.repeat(index % 9)}${index}`,
          { auth: Buffer.from(`j:${index}`).toString('base64') },
        ]),
      ),
  });
  expect(logins).toBeLessThanOrEqual(triedForImage);
  expect(detailOf(answer)).toContain('unauthorized');
});

/** An expression retried at each NUL: 67 KB took 4 to 8 s, and 1 MB half an hour. */
test.for([50_000, 380_000])('a login of %d NULs and a letter is sent unchanged', async (count) => {
  const auth = Buffer.from(`joe:${'\0'.repeat(count)}x`).toString('base64');
  const { answer } = await askWith({
    nul: (at) => ({ [at]: { auth } }),
    right: (at) => ({ [`${at}/corpus`]: RIGHT }),
  });
  expect(detailOf(answer)).toBe('facts');
});

test('trailing NULs of a login of a megabyte are trimmed', () => {
  const auth = Buffer.from(`joe:right${'\0'.repeat(1024 * 1024)}`).toString('base64');
  const [found] = parseDockerConfig(JSON.stringify({ auths: { r: { auth } } }), {
    format: 'dockerconfigjson',
    source: 'secret a/b',
  });
  expect(found?.secret).toEqual({ kind: 'basic', username: 'joe', password: 'right' });
});

test('the identity of a login is computed once, however many requests need it', () => {
  let reads = 0;
  const secret = { kind: 'basic', username: 'joe', password: 'p'.repeat(secretBytes) } as const;
  const credential = {
    server: 'r.example',
    source: 'secret a/b',
    get secret() {
      reads += 1;
      return secret;
    },
  };
  const identities = new Set(Array.from({ length: 1_000 }, () => identityOf(credential)));
  expect([...identities].map(({ length }) => length)).toEqual([43]);
  expect(reads).toBe(1);
});
