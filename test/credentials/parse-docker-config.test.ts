import { describe, expect, test } from 'vitest';
import { parseDockerConfig, type DockerConfigFormat } from '../../src/credentials/parse-docker-config.ts';
import { AppError } from '../../src/lib/errors.ts';
import { fc } from '../support/lib/properties.ts';

const source = 'secret team-a/regcred';

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function parse(entry: unknown, format: DockerConfigFormat = 'dockerconfigjson') {
  const entries = { 'ghcr.io': entry };
  const text = JSON.stringify(format === 'dockercfg' ? entries : { auths: entries });
  return parseDockerConfig(text, { format, source });
}

function fault(text: string): AppError {
  try {
    parseDockerConfig(text, { format: 'dockerconfigjson', source });
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function basic(username: string, password: string) {
  return { kind: 'basic', username, password };
}

describe('the credentials of an entry', () => {
  test.for([
    { name: 'auth', entry: { auth: base64('joe:pass') }, secret: basic('joe', 'pass') },
    {
      name: 'auth without padding',
      entry: { auth: base64('joe:pa').replaceAll('=', '') },
      secret: basic('joe', 'pa'),
    },
    { name: 'a password with colons', entry: { auth: base64('joe:a:b:c') }, secret: basic('joe', 'a:b:c') },
    { name: 'a password in UTF-8', entry: { auth: base64('joe:päss') }, secret: basic('joe', 'päss') },
    {
      name: 'auth wrapped by `base64`, which breaks lines after 76 characters',
      entry: { auth: `${base64(`joe:${'p'.repeat(90)}`).replaceAll(/.{76}/g, '$&\n')}\n` },
      secret: basic('joe', 'p'.repeat(90)),
    },
    {
      name: 'auth with a Windows line break in the middle of a group',
      entry: { auth: `${base64('joe:pass').slice(0, 5)}\r\n${base64('joe:pass').slice(5)}\r\n` },
      secret: basic('joe', 'pass'),
    },
    { name: 'auth padded with NUL', entry: { auth: base64('joe:pass\0\0') }, secret: basic('joe', 'pass') },
    {
      name: 'username and password',
      entry: { username: 'joe', password: 'pass' },
      secret: basic('joe', 'pass'),
    },
    {
      name: 'auth takes precedence over username and password',
      entry: { auth: base64('joe:pass'), username: 'x', password: 'y', email: 'x@y' },
      secret: basic('joe', 'pass'),
    },
    {
      name: 'an identity token takes precedence over auth',
      entry: { auth: base64('<token>:'), identitytoken: 'refresh' },
      secret: { kind: 'identity-token', token: 'refresh' },
    },
    {
      name: 'a registry token',
      entry: { registrytoken: 'bearer' },
      secret: { kind: 'registry-token', token: 'bearer' },
    },
  ])('$name', ({ entry, secret }) => {
    expect(parse(entry)).toEqual([{ server: 'ghcr.io', source, secret }]);
    expect(parse(entry, 'dockercfg')).toEqual([{ server: 'ghcr.io', source, secret }]);
  });

  test('entries without a secret are skipped, because a helper stores it', () => {
    expect(parse({})).toEqual([]);
    expect(parse({ auth: '' })).toEqual([]);
  });

  test('a config without auths has no credentials', () => {
    expect(parseDockerConfig('{"credsStore":"desktop"}', { format: 'dockerconfigjson', source })).toEqual([]);
  });

  test('entries keep their order', () => {
    const auths = { 'b.test': { auth: base64('a:b') }, 'a.test': { auth: base64('a:b') } };
    const servers = parseDockerConfig(JSON.stringify({ auths }), { format: 'dockerconfigjson', source });
    expect(servers.map(({ server }) => server)).toEqual(['b.test', 'a.test']);
  });

  test('a __proto__ entry is a regular entry', () => {
    const text = `{"auths":{"__proto__":{"auth":"${base64('a:b')}"}}}`;
    expect(parseDockerConfig(text, { format: 'dockerconfigjson', source })).toHaveLength(1);
  });
});

describe('errors name the config and the entry, never the secret', () => {
  const secret = 'hunter2hunter2';
  test.for([
    { name: 'not JSON', text: `{"auths": ${secret}`, says: 'it is not JSON' },
    { name: 'a list', text: `["${secret}"]`, says: 'it is not a JSON object' },
    { name: 'auths is a list', text: `{"auths":["${secret}"]}`, says: '"auths" is not an object' },
    {
      name: 'entry is a string',
      text: `{"auths":{"ghcr.io":"${secret}"}}`,
      says: 'entry "ghcr.io" is not an object',
    },
    {
      name: 'auth is not base64',
      text: `{"auths":{"ghcr.io":{"auth":"${secret}!"}}}`,
      says: '"auth" of entry "ghcr.io" is not base64 of username:password',
    },
    {
      name: 'auth with a trailing space',
      text: `{"auths":{"ghcr.io":{"auth":"${base64(`a:${secret}`)} "}}}`,
      says: '"auth" of entry "ghcr.io" is not base64 of username:password',
    },
    {
      name: 'auth with a length that is invalid in base64',
      text: `{"auths":{"ghcr.io":{"auth":"${base64('joe:pass:').replaceAll('=', '')}A"}}}`,
      says: '"auth" of entry "ghcr.io" is not base64 of username:password',
    },
    {
      name: 'auth with too little padding',
      text: '{"auths":{"ghcr.io":{"auth":"Zm9vOmJhcg="}}}',
      says: '"auth" of entry "ghcr.io" is not base64 of username:password',
    },
    {
      name: 'auth without a colon',
      text: `{"auths":{"ghcr.io":{"auth":"${base64(secret)}"}}}`,
      says: '"auth" of entry "ghcr.io" is not base64 of username:password',
    },
    {
      name: 'a number as the password',
      text: `{"auths":{"ghcr.io":{"username":"${secret}","password":5}}}`,
      says: '"password" of entry "ghcr.io" is not a string',
    },
  ])('$name', ({ text, says }) => {
    const error = fault(text);
    expect(error.code).toBe('invalid-docker-config');
    expect(error.message).toBe(`Cannot read Docker config "${source}": ${says}`);
    expect(`${error.message} ${String(error.cause)} ${error.advice ?? ''}`).not.toMatch(/hunter2/);
  });
});

test('any text is parsed or rejected with a typed error', () => {
  const json = fc.json().map((text) => (text.length % 2 === 0 ? text : `{"auths":${text}}`));
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), json),
      fc.constantFrom<DockerConfigFormat>('dockercfg', 'dockerconfigjson'),
      (text, format) => {
        try {
          return Array.isArray(parseDockerConfig(text, { format, source }));
        } catch (error) {
          return error instanceof AppError && error.code === 'invalid-docker-config';
        }
      },
    ),
  );
});
