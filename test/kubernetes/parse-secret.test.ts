import { expect, test } from 'vitest';
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
