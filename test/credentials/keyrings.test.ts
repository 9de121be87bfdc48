import { describe, expect, test } from 'vitest';
import { OPERATORS_CREDENTIALS, type Credential, KEYRING_LIMITS } from '../../src/credentials/credential.ts';
import { matchCredentials, splitKeyrings } from '../../src/credentials/match-credentials.ts';
import { parseReference } from '../../src/image/reference.ts';

/** Returns the login of a user at a server, from the given secret. Every user has a different password. */
function login(user: string, server: string, source = 'secret team-a/one'): Credential {
  return { server, source, secret: { kind: 'basic', username: user, password: `of ${user}` } };
}

function usersFor(image: string, ...keyrings: readonly (readonly Credential[])[]): readonly string[] {
  const { credentials } = matchCredentials(parseReference(image), keyrings);
  return credentials.map(({ secret }) => (secret.kind === 'basic' ? secret.username : secret.kind));
}

/** Follows the kubelet: pkg/credentialprovider/keyring.go and its tests. */
describe('the pull secrets of a Pod form one keyring', () => {
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

  test('a key for index.docker.io does not apply if a key of another secret matches the image', () => {
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
  ])('keys for a host and for a path on it, for $image', ({ image, users }) => {
    expect(usersFor(image, [login('grace', 'bar.example/pong'), login('ada', 'bar.example')])).toEqual(users);
  });
});

describe("the operator's credentials form a second keyring", () => {
  const operatorLogin = (user: string, server: string): Credential => ({
    ...login(user, server, '/etc/docker/config.json'),
    publicSource: OPERATORS_CREDENTIALS,
    keyring: 'node',
  });

  test('it is tried after the first one, even if its keys are more specific', () => {
    const both = splitKeyrings([operatorLogin('node', 'ghcr.io/team/app'), login('pod', 'ghcr.io')]);
    expect(usersFor('ghcr.io/team/app', ...both)).toEqual(['pod', 'node']);
  });

  test("its key for Docker Hub does not displace docker login's key in the first one", () => {
    const both = splitKeyrings([
      login('pod', 'https://index.docker.io/v1/'),
      operatorLogin('node', 'docker.io'),
    ]);
    expect(usersFor('nginx', ...both)).toEqual(['pod', 'node']);
  });
});

describe('limits', () => {
  const most = KEYRING_LIMITS.triedForImage;
  const many = Array.from({ length: most + 1 }, (_, index) => login(`user-${index}`, 'r.example'));

  test('the most specific logins are tried, up to the limit', () => {
    const matched = matchCredentials(parseReference('r.example/team/app'), [
      [...many, login('own', 'r.example/team')],
    ]);
    expect(matched.credentials).toHaveLength(most);
    expect(matched.credentials[0]).toMatchObject({ server: 'r.example/team' });
    expect(matched.hasMore).toBe(true);
  });

  test('a repeated login is tried once', () => {
    const same = Array.from({ length: 20_800 }, (_, index) =>
      login('same', 'r.example', `secret a/s-${index}`),
    );
    const matched = matchCredentials(parseReference('r.example/app'), [same]);
    expect(matched.credentials).toEqual([same[0]]);
    expect(matched.hasMore).toBe(false);
  });

  test('as many logins as the limit allows are all tried', () => {
    const { credentials, hasMore } = matchCredentials(parseReference('r.example/app'), [many.slice(1)]);
    expect([credentials.length, hasMore]).toEqual([most, false]);
  });

  test("some of the operator's logins are tried even if the Pod has too many", () => {
    const { credentials } = matchCredentials(parseReference('r.example/app'), [
      many,
      [login('node', 'r.example')],
    ]);
    expect(credentials.at(-1)).toMatchObject({ secret: { username: 'node' } });
  });
});
