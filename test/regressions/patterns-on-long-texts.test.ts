import { expect, test } from 'vitest';
import { namesWasmFile, namesWatFile } from '../../src/detect/effective-command.ts';
import { expandVariables } from '../../src/detect/expand-variables.ts';
import { parseLimitRanger } from '../../src/policy/resources/limit-ranger-annotation.ts';

/** A Pod has 3 MiB for its command and its annotations, an image 4 MiB for its entrypoint. */
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

/** Each kept the whole process from answering anybody for minutes: what a pattern had tried once it tried again from each place. */
test.for<readonly [name: string, read: () => boolean]>([
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
