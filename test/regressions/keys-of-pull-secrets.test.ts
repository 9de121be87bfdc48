import { expect, test } from 'vitest';
import { type Credential, KEYRING_LIMITS } from '../../src/credentials/credential.ts';
import { matchCredentials } from '../../src/credentials/match-credentials.ts';
import { parseSecret } from '../../src/kubernetes/parse-secret.ts';

function login(server: string, password: string): Credential {
  return { server, source: 'secret a/b', secret: { kind: 'basic', username: 'joe', password } };
}

/** Credentials that count every access to their fields. */
function counted(credentials: readonly Credential[]) {
  let looks = 0;
  const counting = credentials.map(
    (credential) =>
      new Proxy(credential, {
        get: (target, key) => {
          looks += 1;
          return Reflect.get(target, key) as unknown;
        },
      }),
  );
  return { credentials: counting, looks: () => looks };
}

const COUNT = 32_000;
const IMAGE = { registry: 'r-7.example', repository: 'team/app' };

/** 32 full secrets were scanned for each request: 32 ms for every manifest, config and layer. */
test('a keyring of 32,000 keys is scanned once, however many requests a lookup makes', () => {
  const all = Array.from({ length: COUNT }, (_, index) => login(`r-${index}.example`, `p ${index}`));
  const { credentials, looks } = counted(all);
  expect(matchCredentials(IMAGE, [credentials]).credentials).toMatchObject([{ server: 'r-7.example' }]);
  const first = looks();
  for (let request = 0; request < 100; request += 1) matchCredentials(IMAGE, [credentials]);
  expect(looks() - first).toBeLessThan(1_000);
});

test('of 32,000 logins under one key only those that are tried are kept, and one more', () => {
  const all = Array.from({ length: COUNT }, (_, index) => login(IMAGE.registry, `p ${index}`));
  const { credentials, hasMore } = matchCredentials(IMAGE, [all]);
  expect([credentials.length, hasMore]).toEqual([KEYRING_LIMITS.triedForImage, true]);
});

/**
 * Each took 1.8 ms against a host of 760 characters: 32 secrets of a thousand such keys froze the process for a minute with
 * each request. A label has at most 63 characters, so no such host exists.
 */
test('a key with a wildcard matches no label longer than DNS allows', () => {
  const glob = login('*a*.example', 'p');
  const match = (label: string) => matchCredentials({ ...IMAGE, registry: `${label}.example` }, [[glob]]);
  expect(match('a'.repeat(63)).credentials).toEqual([glob]);
  expect(match('a'.repeat(64)).credentials).toEqual([]);
});

test('the number of wildcard keys in a secret is bounded, and the message names the bound', () => {
  const { secretPatterns } = KEYRING_LIMITS;
  const globs = Array.from(
    { length: secretPatterns + 1 },
    (_, index) => [`*.r-${index}.example`, 'p'] as const,
  );
  const auths = Object.fromEntries(
    [...globs, ['r.example', 'p'] as const].map(([key, password]) => [key, { username: 'joe', password }]),
  );
  const { credentials, shortfalls } = parseSecret(
    {
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': JSON.stringify({ auths }) },
    },
    'secret a/b',
  );
  expect(credentials).toHaveLength(secretPatterns + 1);
  expect(credentials.at(-1)).toMatchObject({ server: 'r.example' });
  expect(shortfalls).toEqual([
    `secret a/b has ${secretPatterns + 1} keys with a wildcard, and only the first ${secretPatterns} were used`,
  ]);
});
