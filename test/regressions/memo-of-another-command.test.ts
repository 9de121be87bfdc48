import { expect, test } from 'vitest';
import { assessResult } from '../../src/assess/assess-container.ts';
import { commandKey } from '../../src/detect/effective-command.ts';
import type { Container } from '../../src/pod/pod.ts';
import { imageFacts, linux } from '../support/image/image-facts.ts';

type Start = Pick<Container, 'command' | 'args' | 'env' | 'workingDir' | 'volumeMounts'>;

/**
 * Facts of public images serve all namespaces, and so do the verdicts memoized with them: with another command of the same key,
 * one tenant could change the verdict for all Pods of that image.
 */
test.for<readonly [name: string, one: Start, other: Start]>([
  ['an empty command and none', { command: [''] }, {}],
  ['empty arguments and none', { args: [''] }, {}],
  ['a line end within a command', { command: ['a\nb'] }, { command: ['a'], args: ['b\n'] }],
  ['a line end before a folder', { args: ['a\n/b'] }, { args: ['a'], workingDir: '/b\n' }],
  [
    'a colon in a mount',
    { volumeMounts: [{ mountPath: '/a:/b' }] },
    { volumeMounts: [{ mountPath: '/a' }, { mountPath: '/b' }] },
  ],
  [
    'a line end before a mount',
    { workingDir: '/a\n/b' },
    { workingDir: '/a', volumeMounts: [{ mountPath: '/b\n' }] },
  ],
  ['a variable and its name as text', { command: ['$(A)'] }, { command: ['$$(A)'] }],
  [
    'a variable with another value',
    { command: ['$(A)'], env: [{ name: 'A', value: '/app.wasm' }] },
    { command: ['$(A)'], env: [{ name: 'A', value: '/server' }] },
  ],
])('%s have keys of their own', ([, one, other]) => {
  expect(commandKey(one)).not.toBe(commandKey(other));
  expect(commandKey(one)).toBe(commandKey({ ...one }));
});

test("an empty command does not change the verdict of Pods that use the image's own", () => {
  const facts = imageFacts(linux('/app.wasm'));
  const kindOf = (start: Start): string => {
    const container = { name: 'app', image: 'registry.example/app:1', ...start };
    const visited = { kind: 'main', path: '/spec/containers/0', container } as const;
    return assessResult(visited, { kind: 'facts', facts, stale: null, knownSince: 0 }).verdict.kind;
  };
  expect([kindOf({ command: [''] }), kindOf({})]).toEqual(['container', 'wasm']);
});
