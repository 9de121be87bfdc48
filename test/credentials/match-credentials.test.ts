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

describe('keys that match an image', () => {
  test.for([
    { name: 'the host itself', key: 'ghcr.io', image: 'ghcr.io/a/b', matches: true },
    { name: 'a URL', key: 'https://ghcr.io', image: 'ghcr.io/a/b', matches: true },
    { name: 'a URL with an API version', key: 'https://ghcr.io/v2/', image: 'ghcr.io/a/b', matches: true },
    { name: 'uppercase', key: 'GHCR.io', image: 'ghcr.io/a/b', matches: true },
    { name: 'another host', key: 'ghcr.io', image: 'quay.io/a/b', matches: false },
    { name: 'a suffix of the host', key: 'cr.io', image: 'ghcr.io/a/b', matches: false },
    { name: 'a prefix of the host', key: 'ghcr.io', image: 'ghcr.io.evil.test/a/b', matches: false },
    { name: 'a path', key: 'ghcr.io/a', image: 'ghcr.io/a/b', matches: true },
    {
      name: 'a path as a string prefix, as in the kubelet',
      key: 'ghcr.io/a',
      image: 'ghcr.io/ab/c',
      matches: true,
    },
    { name: 'another path', key: 'ghcr.io/x', image: 'ghcr.io/a/b', matches: false },
    { name: 'a path after an API version', key: 'https://ghcr.io/v1/a', image: 'ghcr.io/a/b', matches: true },
    { name: 'a port', key: 'r.test:5000', image: 'r.test:5000/a', matches: true },
    { name: 'another port', key: 'r.test:5000', image: 'r.test:5001/a', matches: false },
    { name: 'a port, but the image has none', key: 'r.test:443', image: 'r.test/a', matches: false },
    { name: 'an IPv6 address', key: '[::1]:5000', image: '[::1]:5000/a', matches: true },
    { name: 'a star matches one label', key: '*.azurecr.io', image: 'x.azurecr.io/a', matches: true },
    {
      name: 'a star does not match two labels',
      key: '*.azurecr.io',
      image: 'x.y.azurecr.io/a',
      matches: false,
    },
    {
      name: 'a star does not match a missing label',
      key: '*.azurecr.io',
      image: 'azurecr.io/a',
      matches: false,
    },
    { name: 'a star inside a label', key: 'eu-*.r.test', image: 'eu-west.r.test/a', matches: true },
    { name: 'a star with a port', key: '*.r.test:5000', image: 'x.r.test:5000/a', matches: true },
    { name: 'a question mark', key: 'r?.test.io', image: 'r1.test.io/a', matches: true },
    { name: 'a bare star, which matches one label', key: '*', image: 'ghcr.io/a/b', matches: false },
    { name: 'the empty key', key: '', image: 'ghcr.io/a/b', matches: false },
    { name: 'a key that is not a host', key: 'user@ghcr.io:x', image: 'ghcr.io/a/b', matches: false },
    {
      name: "Docker Hub with docker login's key",
      key: 'https://index.docker.io/v1/',
      image: 'nginx',
      matches: true,
    },
    { name: 'Docker Hub as index.docker.io', key: 'index.docker.io', image: 'docker.io/a/b', matches: true },
    { name: 'Docker Hub as docker.io', key: 'docker.io', image: 'nginx', matches: true },
    { name: 'Docker Hub with a path', key: 'docker.io/library', image: 'nginx', matches: true },
    {
      name: "Docker Hub's key and another registry",
      key: 'index.docker.io',
      image: 'ghcr.io/a/b',
      matches: false,
    },
  ])('$name: $key, $image', ({ key, image, matches }) => {
    expect(matching(image, credential(key))).toEqual(matches ? [key] : []);
  });
});

describe('the order in which keys are tried', () => {
  test('the longest path comes first', () => {
    const keys = ['ghcr.io', 'ghcr.io/a/b', 'ghcr.io/a'].map((key) => credential(key));
    expect(matching('ghcr.io/a/b/c', ...keys)).toEqual(['ghcr.io/a/b', 'ghcr.io/a', 'ghcr.io']);
  });

  test('a literal host comes before a glob', () => {
    expect(matching('x.r.test/a', credential('*.r.test'), credential('x.r.test'))).toEqual([
      'x.r.test',
      '*.r.test',
    ]);
  });

  test('all matching credentials are returned', () => {
    expect(matching('ghcr.io/a/b', credential('ghcr.io', 'one'), credential('ghcr.io', 'two'))).toHaveLength(
      2,
    );
  });

  test("docker login's key applies only if no other key for Docker Hub matches", () => {
    const [login, path] = [credential('https://index.docker.io/v1/'), credential('docker.io/team')];
    expect(matching('team/app', login, path)).toEqual(['docker.io/team']);
    expect(matching('other/app', login, path)).toEqual(['https://index.docker.io/v1/']);
  });
});
