import { expect, test } from 'vitest';
import { parseDockerConfig } from '../../src/credentials/parse-docker-config.ts';
import { namesWasmFile, namesWatFile } from '../../src/detect/effective-command.ts';
import { expandVariables } from '../../src/detect/expand-variables.ts';
import { parseLimitRanger } from '../../src/policy/resources/current-values.ts';

/** A Pod may have 3 MiB of command and annotations, an image 4 MiB of entrypoint. */
const CHARACTERS = 1024 * 1024;

function repeated(text: string): string {
  return text.repeat(CHARACTERS / text.length);
}

function isOpen(text: string): boolean {
  return expandVariables([text], []).some((expansion) => expansion.isOpen);
}

const has = (annotation: string) => (): boolean =>
  parseLimitRanger(`LimitRanger plugin set: ${annotation}`).has(
    { kind: 'main', name: 'x' },
    { side: 'requests', resource: 'cpu' },
  );

/** A password that ends with NULs and one letter. */
function longAuth(): boolean {
  const auth = Buffer.from(`a:${repeated('\0')}b`).toString('base64');
  const [found] = parseDockerConfig(JSON.stringify({ 'r.example': { auth } }), {
    format: 'dockercfg',
    source: 'x',
  });
  return found?.secret.kind !== 'basic' || found.secret.password.length !== CHARACTERS + 1;
}

/** Each blocked the process for minutes: the pattern retried from every position. */
test.for<readonly [name: string, read: () => boolean]>([
  ['passwords of NULs', longAuth],
  ['variables that are never closed', () => isOpen(repeated('$('))],
  ['escapes that are never closed', () => isOpen(repeated('$$('))],
  ['functions of functions of a folder', () => namesWasmFile(`${repeated('.wasm#')}/`)],
  ['endings that go on', () => namesWasmFile(repeated('.wasm'.concat('x')))],
  ['the same of WebAssembly text', () => namesWatFile(`${repeated('.wat#')}/`)],
  ['defaults for containers without end', has(`cpu${repeated(' request for container ')}\nx`)],
  ['few enough of them to be read', has(`cpu${repeated(' request for container ').slice(0, 250_000)}\nx`)],
  ['defaults of many resources', has(`${'c, '.repeat(40_000)} request for container ${'x'.repeat(100_000)}`)],
  ['defaults of nothing', has(repeated(';'))],
])('%s are read at once', ([, read]) => {
  expect(read()).toBe(false);
});
