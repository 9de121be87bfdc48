import { expect, test } from 'vitest';
import { KEYRING_LIMITS } from '../../src/credentials/credential.ts';
import { parseSecret } from '../../src/kubernetes/parse-secret.ts';

function configOf(username: string): string {
  return JSON.stringify({ auths: { 'registry.example': { username, password: 'x' } } });
}

const KEY = '.dockerconfigjson';
const data = { [KEY]: Buffer.from(configOf('encoded')).toString('base64') };
const stringData = { [KEY]: configOf('plain') };

test.for([
  { name: 'data', parts: { data }, login: 'encoded' },
  { name: 'stringData, which only manifests have', parts: { stringData }, login: 'plain' },
  { name: 'both, where the plain text wins', parts: { data, stringData }, login: 'plain' },
])('a pull secret with $name', ({ parts, login }) => {
  const found = parseSecret({ type: 'kubernetes.io/dockerconfigjson', ...parts }, 'secret a/b');
  expect(JSON.stringify(found)).toContain(login);
});

const TYPE = 'kubernetes.io/dockerconfigjson';
const { secretBytes, secretEntries } = KEYRING_LIMITS;

/** Returns a config of exactly so many bytes. */
function configOfBytes(bytes: number): string {
  const empty = JSON.stringify({ auths: { 'r.example': { username: 'u', password: '' } } });
  return empty.replace('"password":""', `"password":"${'p'.repeat(bytes - empty.length)}"`);
}

test.for([
  { name: 'data', of: (text: string) => ({ data: { [KEY]: Buffer.from(text).toString('base64') } }) },
  { name: 'stringData', of: (text: string) => ({ stringData: { [KEY]: text } }) },
])('a secret above the size limit yields nothing and a shortfall, in $name', ({ of }) => {
  const whole = parseSecret({ type: TYPE, ...of(configOfBytes(secretBytes)) }, 'secret a/b');
  expect([whole.credentials.length, whole.shortfalls]).toEqual([1, []]);
  const large = parseSecret({ type: TYPE, ...of(configOfBytes(secretBytes + 1)) }, 'secret a/b');
  expect(large).toEqual({
    credentials: [],
    shortfalls: ['secret a/b is larger than 512 KiB and was not used'],
  });
});

test('a secret with too many entries yields the first ones and a shortfall', () => {
  const entries = Array.from({ length: 20_800 }, (_, index) => [
    `https://r.example/${index}`,
    { auth: 'YTpi' },
  ]);
  const content = (count: number) =>
    JSON.stringify({ auths: Object.fromEntries(entries.slice(0, count)) as unknown });
  const read = (count: number) =>
    parseSecret({ type: TYPE, stringData: { [KEY]: content(count) } }, 'secret a/b');
  expect(read(secretEntries)).toMatchObject({ shortfalls: [] });
  const { credentials, shortfalls } = read(10_000);
  expect(credentials).toHaveLength(secretEntries);
  expect(shortfalls).toEqual(['secret a/b has 10000 entries, and only the first 1000 were used']);
});
