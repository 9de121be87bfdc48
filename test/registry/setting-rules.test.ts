import { describe, expect, test } from 'vitest';
import { applyRules } from '../../src/config/apply-rules.ts';
import { parseReference } from '../../src/image/reference.ts';
import { registryRules } from '../../src/registry/setting-rules.ts';

function faultsIn(section: object) {
  const { fatal, vain, note } = applyRules(registryRules, section, []);
  return [fatal, vain, note].map((found) => found.map(({ text }) => text));
}

const mirrorOf = (name: string): object => ({ mirrors: { [name]: ['https://mirror.test'] } });
const plain = (host: string): object => ({ plainHttp: [host] });
const tls = (host: string): object => ({ tls: { [host]: { insecure: true } } });

describe('hosts', () => {
  test.each([
    ['https://docker.io', 'Write "docker.io".'],
    ['https://registry-1.docker.io/v2', 'Write "docker.io".'],
    ['http://reg.test:5000', 'Write "reg.test:5000".'],
    ['*.reg.test', 'without wildcards'],
    ['reg.test/team', 'Write "reg.test".'],
    ['Reg.test', 'Write "reg.test".'],
    ['reg.test:99999', 'not a host, or a host and port.'],
    ['a b', 'not a host, or a host and port.'],
    ['user@reg.test', 'not a host, or a host and port.'],
    [':5000', 'not a host, or a host and port.'],
  ])('%s can never match', (host, says) => {
    for (const section of [mirrorOf(host), plain(host), tls(host)])
      expect(faultsIn(section)).toEqual([[], [expect.stringContaining(says)], []]);
  });

  test.each([
    'docker.io',
    'reg.test',
    'reg:5000',
    'localhost',
    '10.0.0.1:5000',
    '[::1]:5000',
    'reg.test:443',
    'MyHost',
  ])('%s may match', (host) => {
    for (const section of [mirrorOf(host), plain(host), tls(host)])
      expect(faultsIn(section)).toEqual([[], [], []]);
    expect(parseReference(`${host}/a/b`).registry).toBe(host);
  });

  test('a mirrored registry is one that references name', () => {
    expect(faultsIn(mirrorOf('hub'))).toEqual([[], [expect.stringContaining('write "docker.io"')], []]);
    expect(parseReference('hub/a/b').registry).toBe('docker.io');
    for (const name of ['*', 'index.docker.io']) expect(faultsIn(mirrorOf(name))).toEqual([[], [], []]);
  });

  test('a single word may be the host of a redirect', () => {
    expect(faultsIn(plain('storage'))).toEqual([[], [], []]);
  });
});

describe('addresses of mirrors', () => {
  const mirror = (address: string): object => ({ mirrors: { 'docker.io': [address] } });

  test.each([
    ['https://a b', [['"https://a b" is not an address.'], [], []]],
    ['https://m.test?x=1', [['the address of m.test has more than a path.'], [], []]],
    ['HTTP://m.test', [[], [expect.stringContaining('Write "https://m.test".')], []]],
    ['oci://m.test/x', [[], [expect.stringContaining('it takes http:// or https://')], []]],
    ['https://*.m.test', [[], [expect.stringContaining('without wildcards')], []]],
    ['m.test:5000', [[], [], [expect.stringContaining('Write "https://m.test:5000"')]]],
    ['https://m.test/v2/x', [[], [], []]],
    ['http://m.test:5000', [[], [], []]],
  ])('%s', (address, expected) => {
    expect(faultsIn(mirror(address))).toEqual(expected);
  });
});

test.each([
  [['10.0.0.0/33'], 1],
  [['reg.test'], 1],
  [['10.0.0.0/8', '::1', '169.254.1.1'], 0],
])('allowAddresses %j: %i fatal', (allowAddresses, count) => {
  expect(faultsIn({ allowAddresses })[0]).toHaveLength(count);
});

test('a key needs its certificate, and an empty entry of a host overrides those of files', () => {
  expect(faultsIn({ tls: { 'a.test': { keyFile: 'k' } } })).toEqual([['it needs certFile.'], [], []]);
  expect(
    faultsIn({ tls: { 'a.test': { keyFile: 'k', certFile: 'c' }, 'b.test': { insecure: false } } }),
  ).toEqual([[], [], []]);
});
