import { expect, onTestFinished, test } from 'vitest';
import type { ImageAnswer } from '../../src/assess/images/image-answer.ts';
import { createImageCatalog } from '../../src/assess/images/image-catalog.ts';
import { KEYRING_LIMITS } from '../../src/credentials/keyring.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createPullSecrets } from '../../src/kubernetes/pull-secrets.ts';
import { putFixtureImages } from '../support/fixture-images.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';
import { createLocalClient } from '../support/registry-client.ts';
import { startRegistry } from '../support/registry.ts';
import { json, startScriptedApi } from '../support/scripted-api.ts';

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

/** Asks a private registry for an image as a Pod with these pull secrets would. */
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
  const answer = await catalog.ask(question, AbortSignal.timeout(60_000));
  return { answer, host: registry.host, logins: registry.log.filter(({ auth }) => auth === 'basic').length };
}

function detailOf(answer: ImageAnswer): string {
  return answer.kind === 'failure' ? `${answer.reason}: ${answer.detail}` : answer.kind;
}

/** As many different keys as one likes that all match the image: globs with more and more stars. */
const matching =
  (count: number): Entries =>
  (at) =>
    wrong(
      count,
      (index) => `${at.replace('127', `1${'*'.repeat(1 + (index % 100))}7`)}/${IMAGE.slice(0, index / 100)}`,
    );

test('thousands of logins for one host are as many as the bound, and each bound is named', async () => {
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

test('more wrong logins than the bound before the right one: unauthorized, naming the bound', async () => {
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

test('the right login among the first is let in, however many there are behind it', async () => {
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

test('without another one the answer names the secret and the bound, and nothing of its content', async () => {
  const { answer } = await askWith({ large: tooLarge });
  expect(detailOf(answer)).toMatch(
    /^unauthorized: Cannot read image "[^"]+": secret team-a\/large is larger than 512 KiB and was not used; /,
  );
  expect(JSON.stringify(answer)).not.toContain('pppp');
});

test('a secret with too many entries is named, too', async () => {
  const { answer } = await askWith({ many: () => wrong(1_001, (index) => `r-${index}.example`) });
  expect(detailOf(answer)).toContain(
    'secret team-a/many has 1001 entries, and only the first 1000 were used',
  );
});
