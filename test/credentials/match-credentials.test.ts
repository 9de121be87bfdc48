import { describe, expect, test } from 'vitest';
import type { Credential } from '../../src/credentials/credential.ts';
import { matchCredentials } from '../../src/credentials/match-credentials.ts';
import { parseReference } from '../../src/image/reference.ts';

function credential(server: string, source = 'secret team-a/one'): Credential {
  return { server, source, secret: { kind: 'basic', username: source, password: server } };
}

function matching(image: string, ...credentials: readonly Credential[]): readonly string[] {
  return matchCredentials(parseReference(image), [credentials]).credentials.map(({ server }) => server);
}

describe('which keys are for an image', () => {
  test.for([
    { name: 'the host itself', key: 'ghcr.io', image: 'ghcr.io/a/b', matches: true },
    { name: 'a URL', key: 'https://ghcr.io', image: 'ghcr.io/a/b', matches: true },
    { name: 'a URL with an API version', key: 'https://ghcr.io/v2/', image: 'ghcr.io/a/b', matches: true },
    { name: 'upper case', key: 'GHCR.io', image: 'ghcr.io/a/b', matches: true },
    { name: 'another host', key: 'ghcr.io', image: 'quay.io/a/b', matches: false },
    { name: 'a host that only ends alike', key: 'cr.io', image: 'ghcr.io/a/b', matches: false },
    { name: 'a host that only begins alike', key: 'ghcr.io', image: 'ghcr.io.evil.test/a/b', matches: false },
    { name: 'a path', key: 'ghcr.io/a', image: 'ghcr.io/a/b', matches: true },
    {
      name: 'a path as characters, as the kubelet does',
      key: 'ghcr.io/a',
      image: 'ghcr.io/ab/c',
      matches: true,
    },
    { name: 'another path', key: 'ghcr.io/x', image: 'ghcr.io/a/b', matches: false },
    { name: 'a path after an API version', key: 'https://ghcr.io/v1/a', image: 'ghcr.io/a/b', matches: true },
    { name: 'a port', key: 'r.test:5000', image: 'r.test:5000/a', matches: true },
    { name: 'another port', key: 'r.test:5000', image: 'r.test:5001/a', matches: false },
    { name: 'a port where the image has none', key: 'r.test:443', image: 'r.test/a', matches: false },
    { name: 'an IPv6 address', key: '[::1]:5000', image: '[::1]:5000/a', matches: true },
    { name: 'a star for one label', key: '*.azurecr.io', image: 'x.azurecr.io/a', matches: true },
    { name: 'a star never for two labels', key: '*.azurecr.io', image: 'x.y.azurecr.io/a', matches: false },
    { name: 'a star never for none', key: '*.azurecr.io', image: 'azurecr.io/a', matches: false },
    { name: 'a star inside a label', key: 'eu-*.r.test', image: 'eu-west.r.test/a', matches: true },
    { name: 'a star with a port', key: '*.r.test:5000', image: 'x.r.test:5000/a', matches: true },
    { name: 'a question mark', key: 'r?.test.io', image: 'r1.test.io/a', matches: true },
    { name: 'a bare star, which has one label', key: '*', image: 'ghcr.io/a/b', matches: false },
    { name: 'the empty key', key: '', image: 'ghcr.io/a/b', matches: false },
    { name: 'a key that is no host', key: 'user@ghcr.io:x', image: 'ghcr.io/a/b', matches: false },
    { name: 'Docker Hub by docker login', key: 'https://index.docker.io/v1/', image: 'nginx', matches: true },
    { name: 'Docker Hub by its index', key: 'index.docker.io', image: 'docker.io/a/b', matches: true },
    { name: 'Docker Hub by its name', key: 'docker.io', image: 'nginx', matches: true },
    { name: 'Docker Hub with a path', key: 'docker.io/library', image: 'nginx', matches: true },
    {
      name: 'Docker Hub keys are for it alone',
      key: 'index.docker.io',
      image: 'ghcr.io/a/b',
      matches: false,
    },
  ])('$name: $key, $image', ({ key, image, matches }) => {
    expect(matching(image, credential(key))).toEqual(matches ? [key] : []);
  });
});

describe('in which order they are tried', () => {
  test('the longest path first, within one config', () => {
    const keys = ['ghcr.io', 'ghcr.io/a/b', 'ghcr.io/a'].map((key) => credential(key));
    expect(matching('ghcr.io/a/b/c', ...keys)).toEqual(['ghcr.io/a/b', 'ghcr.io/a', 'ghcr.io']);
  });

  test('a spelt-out host before a glob', () => {
    expect(matching('x.r.test/a', credential('*.r.test'), credential('x.r.test'))).toEqual([
      'x.r.test',
      '*.r.test',
    ]);
  });

  test('all that match, not only the first', () => {
    expect(matching('ghcr.io/a/b', credential('ghcr.io', 'one'), credential('ghcr.io', 'two'))).toHaveLength(
      2,
    );
  });

  test("docker login's key only where none names Docker Hub more closely", () => {
    const [login, path] = [credential('https://index.docker.io/v1/'), credential('docker.io/team')];
    expect(matching('team/app', login, path)).toEqual(['docker.io/team']);
    expect(matching('other/app', login, path)).toEqual(['https://index.docker.io/v1/']);
  });
});
