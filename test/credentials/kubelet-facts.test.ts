import { describe, expect, test } from 'vitest';
import { matchCredentials } from '../../src/credentials/match-credentials.ts';
import { parseDockerConfig, type DockerConfigFormat } from '../../src/credentials/parse-docker-config.ts';
import { parseReference } from '../../src/image/reference.ts';
import { AppError } from '../../src/lib/errors.ts';

/**
 * Test tables of the kubelet (kubernetes pkg/credentialprovider, keyring_test.go and config_test.go). A target there is text to
 * which a repository is appended. Targets that are not image references have separate tests.
 */

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function keyring(...keys: readonly string[]) {
  const entries = Object.fromEntries(keys.map((key) => [key, { auth: base64(`foo:${key}`) }]));
  return parseDockerConfig(JSON.stringify(entries), { format: 'dockercfg', source: 'secret a/b' });
}

/** Returns the keys that match an image, in the order in which they are tried. */
function lookUp(image: string, ...keys: readonly string[]): readonly string[] {
  const { credentials } = matchCredentials(parseReference(image), [keyring(...keys)]);
  return credentials.map(({ server }) => server);
}

describe('TestUrlsMatch', () => {
  test.for<readonly [key: string, target: string, isMatch: boolean]>([
    ['*.kubernetes.io', 'prefix.kubernetes.io', true],
    ['prefix.*.io', 'prefix.kubernetes.io', true],
    ['prefix.kubernetes.*', 'prefix.kubernetes.io', true],
    ['*-good.kubernetes.io', 'prefix-good.kubernetes.io', true],
    ['*.kubernetes.io/blah', 'prefix.kubernetes.io/blah', true],
    ['prefix.*.io/foo', 'prefix.kubernetes.io/foo/bar', true],
    ['*.kubernetes.io:1111/blah', 'prefix.kubernetes.io:1111/blah', true],
    ['prefix.*.io:1111/foo', 'prefix.kubernetes.io:1111/foo/bar', true],
    ['*.kubernetes.io', 'kubernetes.io', false],
    ['*.*.kubernetes.io', 'prefix.kubernetes.io', false],
    ['*.*.kubernetes.io', 'kubernetes.io', false],
    ['kubernetes.io', 'kubernetes.com', false],
    ['k*.io', 'quay.io', false],
    ['*.kubernetes.io:1234/blah', 'prefix.kubernetes.io:1111/blah', false],
    ['prefix.*.io/foo', 'prefix.kubernetes.io:1111/foo/bar', false],
  ])('key %s matches %s: %s', ([key, target, isMatch]) => {
    expect(lookUp(`${target}/x`, key)).toEqual(isMatch ? [key] : []);
  });
});

describe('TestDockerKeyringForGlob', () => {
  test.for<readonly [key: string, target: string]>([
    ['https://hello.kubernetes.io', 'hello.kubernetes.io'],
    ['https://*.docker.io', 'prefix.docker.io'],
    ['https://prefix.*.io', 'prefix.docker.io'],
    ['https://prefix.docker.*', 'prefix.docker.io'],
    ['https://*.docker.io/path', 'prefix.docker.io/path'],
    ['https://prefix.*.io/path', 'prefix.docker.io/path/subpath'],
    ['https://prefix.docker.*/path', 'prefix.docker.io/path'],
    ['https://*.docker.io:8888', 'prefix.docker.io:8888'],
    ['https://prefix.*.io:8888', 'prefix.docker.io:8888'],
    ['https://prefix.docker.*:8888', 'prefix.docker.io:8888'],
    ['prefix.docker.io:1111', 'prefix.docker.io:1111/path'],
    ['*.docker.io:1111', 'prefix.docker.io:1111/path'],
  ])('key %s matches %s', ([key, target]) => {
    expect(lookUp(`${target}/foo/bar`, key)).toEqual([key]);
  });

  /** Four rows have a colon in the middle of the repository. No image reference can have one. */
  test.for<readonly [key: string, target: string]>([
    ['https://*.docker.io/path:1111', 'prefix.docker.io/path:1111'],
    ['https://*.docker.io/v1/', 'prefix.docker.io/path:1111'],
    ['https://*.docker.io/v2/', 'prefix.docker.io/path:1111'],
    ['https://prefix.docker.*/path:1111', 'prefix.docker.io/path:1111'],
  ])('key %s matches %s, which is not an image reference', ([key, target]) => {
    expect(() => parseReference(`${target}/foo/bar`)).toThrow('is not a repository');
    const image = { registry: 'prefix.docker.io', repository: `${target.split('/')[1] ?? ''}/foo/bar` };
    expect(matchCredentials(image, [keyring(key)]).credentials).toHaveLength(1);
  });
});

describe('TestKeyringMiss', () => {
  test.for<readonly [key: string, target: string]>([
    ['https://hello.kubernetes.io', 'world.mesos.org/foo/bar'],
    ['https://*.docker.com', 'prefix.docker.io'],
    ['https://suffix.*.io', 'prefix.docker.io'],
    ['https://prefix.docker.c*', 'prefix.docker.io'],
    ['suffix.*.io', 'prefix.docker.io'],
  ])('key %s does not match %s', ([key, target]) => {
    expect(lookUp(`${target}/foo/bar`, key)).toEqual([]);
  });

  test('a path with a colon does not match a path without one', () => {
    const image = { registry: 'prefix.docker.io', repository: 'path/subpath:1111/foo/bar' };
    expect(matchCredentials(image, [keyring('https://prefix.*.io/path:1111')]).credentials).toEqual([]);
  });
});

const HUB = 'index.docker.io/v1/';

test('TestKeyringMissWithDockerHubCredentials', () => {
  expect(lookUp('world.mesos.org/foo/bar', `https://${HUB}`)).toEqual([]);
});

test.for<readonly [table: string, image: string]>([
  ['TestKeyringHitWithUnqualifiedDockerHub', 'google/docker-registry'],
  ['TestKeyringHitWithUnqualifiedLibraryDockerHub', 'jenkins'],
  ['TestKeyringHitWithQualifiedDockerHub', 'index.docker.io/google/docker-registry'],
])('%s', ([, image]) => {
  expect(lookUp(image, `https://${HUB}`)).toEqual([`https://${HUB}`]);
});

describe('TestIsDefaultRegistryMatch', () => {
  test.for<readonly [image: string, isHub: boolean]>([
    ['foo/bar', true],
    ['docker.io/foo/bar', true],
    ['index.docker.io/foo/bar', true],
    ['foo', true],
    ['registry.tld/foo/bar', false],
    ['registry:5000/foo/bar', false],
    ['myhostdocker.io/foo/bar', false],
  ])('%s: %s', ([image, isHub]) => {
    expect(lookUp(image, HUB)).toHaveLength(isHub ? 1 : 0);
  });

  test('the empty string is not an image', () => {
    expect(() => parseReference('')).toThrow('it is empty');
  });
});

describe('TestDockerKeyringLookup', () => {
  test.for<readonly [image: string, keys: readonly string[]]>([
    ['bar.example.com/pong', ['bar.example.com/pong', 'bar.example.com']],
    ['bar.example.com/ping', ['bar.example.com']],
    ['bar.example.com/pongz', ['bar.example.com/pong', 'bar.example.com']],
    ['bar.example.com/pong/pang', ['bar.example.com/pong', 'bar.example.com']],
    ['foo.example.com/x', []],
  ])('%s', ([image, keys]) => {
    expect(lookUp(image, 'bar.example.com/pong', 'bar.example.com')).toEqual(keys);
  });

  /** Two rows are bare hosts. As image references, these are repositories on Docker Hub, for a node's runtime, too. */
  test.for<readonly [host: string, keys: readonly string[]]>([
    ['bar.example.com', ['bar.example.com']],
    ['example.com', []],
  ])('the bare host %s', ([registry, keys]) => {
    const matched = matchCredentials({ registry, repository: '' }, [
      keyring('bar.example.com/pong', 'bar.example.com'),
    ]);
    expect(matched.credentials.map(({ server }) => server)).toEqual(keys);
    expect(parseReference(registry).registry).toBe('docker.io');
  });
});

test.for(['quay.io/foo', 'quay.io/foo/bar'])('TestIssue3797: %s', (image) => {
  expect(lookUp(image, 'https://quay.io/v1/')).toEqual(['https://quay.io/v1/']);
});

function read(document: object, format: DockerConfigFormat = 'dockerconfigjson') {
  return parseDockerConfig(JSON.stringify(document), { format, source: 'secret a/b' });
}

function basic(username: string, password: string) {
  return { kind: 'basic', username, password };
}

describe('config_test.go', () => {
  const auths = {
    'http://foo.example.com': { username: 'foo', password: 'bar', email: 'foo@example.com' },
    'http://bar.example.com': { username: 'bar', password: 'baz', email: 'bar@example.com' },
  };

  test('TestReadDockerConfigFile: a newline at the end of auth belongs to the password', () => {
    const found = read({
      auths: { 'http://foo.example.com': { auth: 'Zm9vOmJhcgo=', email: 'foo@example.com' } },
    });
    expect(found).toMatchObject([{ secret: basic('foo', 'bar\n') }]);
  });

  test.for<readonly [table: string, document: object, format: DockerConfigFormat]>([
    ['TestDockerConfigJsonJSONDecode', { auths }, 'dockerconfigjson'],
    ['TestDockerConfigJSONDecode', auths, 'dockercfg'],
  ])('%s', ([, document, format]) => {
    expect(read(document, format)).toMatchObject([
      { server: 'http://foo.example.com', secret: basic('foo', 'bar') },
      { server: 'http://bar.example.com', secret: basic('bar', 'baz') },
    ]);
  });

  test.for<readonly [name: string, entry: object, secret: object | null]>([
    ['fields', { username: 'foo', password: 'bar', email: 'foo@example.com' }, basic('foo', 'bar')],
    ['auth', { auth: 'Zm9vOmJhcg==', email: 'foo@example.com' }, basic('foo', 'bar')],
    [
      'auth takes precedence over fields',
      { username: 'foo', password: 'bar', auth: 'cGluZzpwb25n' },
      basic('ping', 'pong'),
    ],
    ['auth that is not base64', { auth: 'pants', email: 'foo@example.com' }, null],
    ['auth without a colon', { auth: 'cGFudHM=' }, null],
  ])('TestDockerConfigEntryJSONDecode, TestDecodeDockerConfigFieldAuth: %s', ([, entry, secret]) => {
    const reading = () => read({ auths: { 'r.example': entry } });
    if (secret === null) expect(reading).toThrow(AppError);
    else expect(reading()).toMatchObject([{ secret }]);
  });

  /** One row differs on purpose: wasmgate ignores the email, so that an invalid one does not discard the login. */
  test('an email that is not a string is ignored', () => {
    expect(read({ auths: { 'r.example': { email: false } } })).toEqual([]);
  });
});
