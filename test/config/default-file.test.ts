import { Check } from 'typebox/schema';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { createConfigurationReader } from '../../src/config/configuration-reader.ts';
import { policySettings } from '../../src/policy/settings.ts';
import { registrySettings } from '../../src/registry/settings.ts';
import { serverSettings } from '../../src/server/settings.ts';
import { logSettings } from '../../src/telemetry/settings.ts';

const reader = createConfigurationReader({
  policy: policySettings,
  registry: registrySettings,
  server: serverSettings,
  log: logSettings,
});

test('the default file is valid and changes nothing', () => {
  expect(reader.parse(reader.defaultFile(), 'defaults')).toEqual(reader.defaults());
});

test('it contains every key, those without a default as comments', () => {
  const file = reader.defaultFile();
  const keys = reader.keys().map(({ path }) => path.split('.').at(-1) ?? '');
  for (const key of keys) expect(file).toMatch(new RegExp(`^ *(?:# )?.*\\b${key}\\b`, 'm'));
  expect(file).toContain('# caFile:');
});

test('no line is too wide for a page', () => {
  const lines = reader.defaultFile().split('\n');
  expect(lines.filter((line) => line.length > 104)).toEqual([]);
});

test.each([
  ['the default file', reader.defaultFile(), true],
  ['the smallest valid file', 'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration', true],
  ['an empty section', 'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration\npolicy:', true],
  ['one value', 'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration\npolicy: {mode: audit}', true],
  ['an unknown key', 'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration\npolicy: {mood: a}', false],
  ['an unknown word', 'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration\npolicy: {mode: a}', false],
  ['no version', 'kind: Configuration', false],
  ['another version', 'apiVersion: v1\nkind: Configuration', false],
])('the JSON Schema and the reader agree on %s', (_case, text, isGood) => {
  expect(Check(reader.jsonSchema(), parse(text))).toBe(isGood);
  const read = () => reader.parse(text, 'test');
  if (isGood) expect(read).not.toThrow();
  else expect(read).toThrow('Cannot use configuration');
});
