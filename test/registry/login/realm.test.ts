import { expect, test } from 'vitest';
import { registryUrl } from '../../../src/registry/endpoints.ts';
import { RegistryError } from '../../../src/registry/errors.ts';
import { parseRealm } from '../../../src/registry/login/grant.ts';

const subject = { registry: 'r.test', repository: 'a', reference: 'r.test/a:latest' };

test.for([
  {
    name: 'HTTPS on another host',
    registry: 'https://r.test',
    realm: 'https://auth.test/token',
    reason: null,
  },
  {
    name: 'HTTPS for a registry on plain HTTP',
    registry: 'http://r.test',
    realm: 'https://auth.test/token',
    reason: null,
  },
  {
    name: 'plain HTTP on the same host',
    registry: 'http://r.test:5000',
    realm: 'http://r.test:5000/t',
    reason: null,
  },
  {
    name: 'plain HTTP, both on loopback',
    registry: 'http://127.0.0.1:5000',
    realm: 'http://localhost:81/t',
    reason: null,
  },
  {
    name: 'plain HTTP for a registry on HTTPS',
    registry: 'https://r.test',
    realm: 'http://r.test/t',
    reason: 'denied-by-config',
  },
  {
    name: 'plain HTTP on another host',
    registry: 'http://r.test',
    realm: 'http://auth.test/t',
    reason: 'denied-by-config',
  },
  {
    name: 'another port',
    registry: 'http://r.test:5000',
    realm: 'http://r.test:5001/t',
    reason: 'denied-by-config',
  },
  {
    name: 'loopback for a remote registry',
    registry: 'http://r.test',
    realm: 'http://127.0.0.1/t',
    reason: 'denied-by-config',
  },
  {
    name: 'another scheme',
    registry: 'https://r.test',
    realm: 'file:///etc/passwd',
    reason: 'denied-by-config',
  },
  {
    name: 'credentials in the URL',
    registry: 'https://r.test',
    realm: 'https://u:p@auth.test/t',
    reason: 'denied-by-config',
  },
  { name: 'not a URL', registry: 'https://r.test', realm: '/token', reason: 'invalid' },
  { name: 'empty', registry: 'https://r.test', realm: '', reason: 'invalid' },
])('realm: $name', ({ registry, realm, reason }) => {
  const outcome = ((): string | null => {
    try {
      parseRealm(realm, new URL(registry), subject);
      return null;
    } catch (error) {
      return error instanceof RegistryError ? error.code : String(error);
    }
  })();
  expect(outcome).toBe(reason);
});

test.for([
  { registry: 'docker.io', plainHttp: [], allowLoopback: false, url: 'https://registry-1.docker.io/' },
  { registry: 'ghcr.io', plainHttp: [], allowLoopback: true, url: 'https://ghcr.io/' },
  { registry: 'r.test:5000', plainHttp: ['r.test:5000'], allowLoopback: false, url: 'http://r.test:5000/' },
  { registry: 'r.test:5001', plainHttp: ['r.test:5000'], allowLoopback: false, url: 'https://r.test:5001/' },
  { registry: 'localhost:5000', plainHttp: [], allowLoopback: false, url: 'https://localhost:5000/' },
  { registry: 'localhost:5000', plainHttp: [], allowLoopback: true, url: 'http://localhost:5000/' },
  { registry: '127.0.0.1:5000', plainHttp: [], allowLoopback: true, url: 'http://127.0.0.1:5000/' },
  { registry: '[::1]:5000', plainHttp: [], allowLoopback: true, url: 'http://[::1]:5000/' },
  {
    registry: 'localhost.evil.test',
    plainHttp: [],
    allowLoopback: true,
    url: 'https://localhost.evil.test/',
  },
  { registry: '127.evil.test', plainHttp: [], allowLoopback: true, url: 'https://127.evil.test/' },
])('the URL of $registry is $url', ({ registry, plainHttp, allowLoopback, url }) => {
  expect(registryUrl({ ...subject, registry }, { plainHttp, allowLoopback }).href).toBe(url);
});

test('an invalid port is rejected', () => {
  const bad = { ...subject, registry: 'r.test:99999' };
  expect(() => registryUrl(bad, { plainHttp: [], allowLoopback: false })).toThrow('is not a host and port');
});
