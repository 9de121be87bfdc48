import { describe, expect, test } from 'vitest';
import { OPERATORS_CREDENTIALS, type Credential, KEYRING_LIMITS } from '../../src/credentials/credential.ts';
import { matchCredentials, splitKeyrings } from '../../src/credentials/match-credentials.ts';
import { parseReference } from '../../src/image/reference.ts';

/** `user@server` of secret `source`; each user has a password of its own. */
function login(user: string, server: string, source = 'secret team-a/one'): Credential {
  return { server, source, secret: { kind: 'basic', username: user, password: `of ${user}` } };
}

function usersFor(image: string, ...keyrings: readonly (readonly Credential[])[]): readonly string[] {
  const { credentials } = matchCredentials(parseReference(image), keyrings);
  return credentials.map(({ secret }) => (secret.kind === 'basic' ? secret.username : secret.kind));
}

/** Facts of the kubelet: pkg/credentialprovider/keyring.go and its tests. */
describe('the pull secrets of a Pod are one keyring', () => {
  test('a longer key of the second secret comes before a shorter one of the first', () => {
    const secrets = [login('host', 'ghcr.io', 'secret a/one'), login('path', 'ghcr.io/team', 'secret a/two')];
    expect(usersFor('ghcr.io/team/app', secrets)).toEqual(['path', 'host']);
  });

  test('equal keys keep the order of their secrets', () => {
    const secrets = [
      login('first', 'ghcr.io', 'secret a/z'),
      login('second', 'https://ghcr.io/v2/', 'secret a/b'),
    ];
    expect(usersFor('ghcr.io/team/app', secrets)).toEqual(['first', 'second']);
    expect(usersFor('ghcr.io/team/app', secrets.toReversed())).toEqual(['second', 'first']);
  });

  test('a key for index.docker.io does not count if a key of another secret matches the image', () => {
    const hub = login('hub', 'https://index.docker.io/v1/', 'secret a/one');
    const team = login('team', 'docker.io/team', 'secret a/two');
    expect(usersFor('team/app', [hub, team])).toEqual(['team']);
    expect(usersFor('other/app', [hub, team])).toEqual(['hub']);
  });

  test.for([
    { image: 'bar.example/pong', users: ['grace', 'ada'] },
    { image: 'bar.example/ping', users: ['ada'] },
    { image: 'bar.example/pongs', users: ['grace', 'ada'] },
    { image: 'bar.example/pong/pang', users: ['grace', 'ada'] },
    { image: 'foo.example/pong', users: [] },
  ])('a host and a path of it, for $image', ({ image, users }) => {
    expect(usersFor(image, [login('grace', 'bar.example/pong'), login('ada', 'bar.example')])).toEqual(users);
  });
});

describe('what the operator lends is a second keyring', () => {
  const lent = (user: string, server: string): Credential => ({
    ...login(user, server, '/etc/docker/config.json'),
    publicSource: OPERATORS_CREDENTIALS,
    keyring: 'node',
  });

  test('it is tried after the first one, however specific its keys are', () => {
    const both = splitKeyrings([lent('node', 'ghcr.io/team/app'), login('pod', 'ghcr.io')]);
    expect(usersFor('ghcr.io/team/app', ...both)).toEqual(['pod', 'node']);
  });

  test("its key for Docker Hub takes nothing from docker login's key in the first", () => {
    const both = splitKeyrings([login('pod', 'https://index.docker.io/v1/'), lent('node', 'docker.io')]);
    expect(usersFor('nginx', ...both)).toEqual(['pod', 'node']);
  });
});

describe('bounds', () => {
  const most = KEYRING_LIMITS.triedForImage;
  const many = Array.from({ length: most + 1 }, (_, index) => login(`user-${index}`, 'r.example'));

  test('the most specific logins are tried, up to the bound', () => {
    const matched = matchCredentials(parseReference('r.example/team/app'), [
      [...many, login('own', 'r.example/team')],
    ]);
    expect(matched.credentials).toHaveLength(most);
    expect(matched.credentials[0]).toMatchObject({ server: 'r.example/team' });
    expect(matched.hasMore).toBe(true);
  });

  test('a login that stands there many times is one', () => {
    const same = Array.from({ length: 20_800 }, (_, index) =>
      login('same', 'r.example', `secret a/s-${index}`),
    );
    const matched = matchCredentials(parseReference('r.example/app'), [same]);
    expect(matched.credentials).toEqual([same[0]]);
    expect(matched.hasMore).toBe(false);
  });

  test('exactly as many as the bound are all tried', () => {
    const { credentials, hasMore } = matchCredentials(parseReference('r.example/app'), [many.slice(1)]);
    expect([credentials.length, hasMore]).toEqual([most, false]);
  });

  test("the operator's logins have their place behind the Pod's", () => {
    const { credentials } = matchCredentials(parseReference('r.example/app'), [
      many,
      [login('node', 'r.example')],
    ]);
    expect(credentials.at(-1)).toMatchObject({ secret: { username: 'node' } });
  });
});
