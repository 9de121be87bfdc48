import { describe, expect, test } from 'vitest';
import { effectiveCommand } from '../../src/detect/effective-command.ts';
import { expandVariables } from '../../src/detect/expand-variables.ts';
import { EMPTY_CONFIG } from '../../src/image/image-config.ts';
import type { EnvVar } from '../../src/pod/pod.ts';
import { fc } from '../support/lib/properties.ts';

const ENV: readonly EnvVar[] = [
  { name: 'A', value: 'a' },
  { name: 'B', value: '$(A)b' },
  { name: 'LATER', value: '$(Z)' },
  { name: 'Z', value: 'z' },
  { name: 'TWICE', value: 'first' },
  { name: 'TWICE', value: '$(TWICE) second' },
  { name: 'EMPTY', value: '' },
  { name: 'NOTHING' },
  { name: 'SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
  { name: 'OF_SECRET', value: '/$(SECRET)/x' },
  { name: 'ESCAPED', value: '$$(A)' },
  { name: '__proto__', value: 'proto' },
];

function expand(text: string, env: readonly EnvVar[] | null = ENV): readonly [string, boolean] {
  const [{ text: expanded, isOpen } = { text: '', isOpen: false }] = expandVariables([text], env);
  return [expanded, isOpen];
}

/** The syntax cases of k8s.io/kubernetes third_party/forked/golang/expansion/expand_test.go, and our own. */
describe('an entry of a command as the kubelet expands it', () => {
  test.each<[text: string, expanded: string, isOpen: boolean]>([
    ['plain', 'plain', false],
    ['$(A)', 'a', false],
    ['/$(A)/$(B).wasm', '/a/ab.wasm', false],
    ['$(A)$(A)', 'aa', false],
    ['$$(A)', '$(A)', false],
    ['$$$(A)', '$a', false],
    ['$$$$(A)', '$$(A)', false],
    ['$(A', '$(A', false],
    ['$(A $(A)', '$(A $(A)', true],
    ['$A', '$A', false],
    ['$', '$', false],
    ['a$$', 'a$', false],
    ['$?_boo', '$?_boo', false],
    ['$(A)$(', 'a$(', false],
    ['$(__proto__)', 'proto', false],
    ['$(constructor)', '$(constructor)', true],
    ['$(LATER)', '$(Z)', true],
    ['$(TWICE)', 'first second', false],
    ['x$(EMPTY)y$(NOTHING)z', 'xyz', false],
    ['$(SECRET)', '$(SECRET)', true],
    ['$(OF_SECRET)', '/$(SECRET)/x', true],
    ['$(ESCAPED)', '$(A)', false],
    ['$(DB_SERVICE_HOST)', '$(DB_SERVICE_HOST)', true],
  ])('%s', (text, expanded, isOpen) => {
    expect(expand(text)).toEqual([expanded, isOpen]);
  });

  test('without any env', () => {
    expect(expand('$(A)', null)).toEqual(['$(A)', true]);
    expect(expand('$$(A)', null)).toEqual(['$(A)', false]);
  });
});

/** Expands one character at a time, like the kubelet's own code. */
function expandSlowly(text: string, values: ReadonlyMap<string, string>): string {
  let out = '';
  for (let at = 0; at < text.length; at += 1) {
    const close = text.indexOf(')', at);
    if (text.startsWith('$$', at)) {
      out += '$';
      at += 1;
    } else if (text.startsWith('$(', at) && close > 0) {
      const name = text.slice(at + 2, close);
      out += values.get(name) ?? `$(${name})`;
      at = close;
    } else out += text[at] ?? '';
  }
  return out;
}

const texts = fc
  .array(fc.constantFrom('$', '$$', '(', ')', '$(A)', '$(B)', '$(NOPE)', 'A', '/x.wasm'), { maxLength: 12 })
  .map((parts) => parts.join(''));

test('any text with any values expands as in the kubelet', () => {
  const envs = fc.array(fc.record({ name: fc.constantFrom('A', 'B'), value: texts }), { maxLength: 5 });
  fc.assert(
    fc.property(texts, envs, (text, env) => {
      const values = new Map<string, string>();
      for (const { name, value } of env) values.set(name, expandSlowly(value, values));
      expect(expand(text, env)[0]).toBe(expandSlowly(text, values));
    }),
  );
});

describe('endless variables', () => {
  test('one that doubles another thirty times is cut', () => {
    const env = Array.from({ length: 30 }, (_unused, index) => ({
      name: `V${index + 1}`,
      value: `$(V${index})$(V${index})`,
    }));
    const [first] = expand('$(V30)', [{ name: 'V0', value: 'xxxxxxxx' }, ...env]);
    expect(first.length).toBe(4097);
    const override = { command: ['$(V30)'], env: [{ name: 'V0', value: 'xxxxxxxx' }, ...env] };
    expect(effectiveCommand(override, EMPTY_CONFIG).first).toMatch(/^x{64}…$/);
  });

  test('a text of a million references is expanded up to the length of a path', () => {
    const read: string[] = [];
    const env = [
      {
        name: 'A',
        get value() {
          read.push('A');
          return 'a'.repeat(1000);
        },
      },
    ];
    expect(expand('$(A)'.repeat(1_000_000), env)[0].length).toBe(4097);
    expect(read.length).toBeLessThan(5);
  });
});

test("the image's own command is never expanded", () => {
  const config = { ...EMPTY_CONFIG, entrypoint: ['$(A)'] };
  expect(effectiveCommand({ env: ENV }, config)).toMatchObject({ first: '$(A)', isOpen: false });
  const cmd = { ...EMPTY_CONFIG, cmd: ['$(A)'] };
  expect(effectiveCommand({ env: ENV }, cmd)).toMatchObject({ first: '$(A)', isOpen: false });
  expect(effectiveCommand({ args: ['$(A)'], env: ENV }, EMPTY_CONFIG)).toMatchObject({ first: 'a' });
});
