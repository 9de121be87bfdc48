import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { createConfigurationReader } from '../../src/config/configuration-reader.ts';
import { AppError } from '../../src/lib/errors.ts';
import { HANDLER_PROFILES } from '../../src/policy/handlers/handler-profiles.ts';
import { policySettings } from '../../src/policy/settings.ts';
import { registrySettings } from '../../src/registry/settings.ts';
import { serverSettings } from '../../src/server/settings.ts';
import { logSettings } from '../../src/telemetry/settings.ts';

const strict = { additionalProperties: false } as const;

/** A section with the types that wasmgate's own sections do not use yet. */
const hosts = Type.Object(
  {
    byName: Type.Record(
      Type.String(),
      Type.Object({ retries: Type.Integer({ default: 3, minimum: 0 }), ca: Type.String() }, strict),
      { default: {}, description: 'By host.' },
    ),
  },
  { ...strict, default: {} },
);

const reader = createConfigurationReader({
  server: serverSettings,
  log: logSettings,
  policy: policySettings,
  registry: registrySettings,
  hosts,
});

const HEAD = 'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration\n';

function problemsOf(text: string): readonly string[] {
  try {
    reader.parse(text, 'a.yaml');
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid-configuration') throw error;
    return error.message.split('\n').map((line) => line.trim());
  }
  throw new Error('it was taken');
}

describe('defaults', () => {
  const defaults = {
    server: { host: '0.0.0.0', port: 8443 },
    log: { level: 'info' },
    policy: { mode: 'enforce', onUnknownImage: 'allow', tolerations: [], resources: { tier: 'standard' } },
    registry: { plainHttp: [], allowAddresses: [] },
    hosts: { byName: {} },
  };

  test.each([
    ['an empty file', ''],
    ['only comments', '# nothing\n---\n# here\n'],
    ['only the head', HEAD],
    ['sections with every key commented out', `${HEAD}policy:\n  # mode: audit\nserver: {}\nlog:\n`],
  ])('%s has all defaults', (_case, text) => {
    expect(reader.parse(text, 'a.yaml')).toMatchObject(defaults);
    expect(reader.parse(text, 'a.yaml')).toEqual(reader.defaults());
  });

  test('stated values stay, and defaults fill in the rest at every depth', () => {
    const text = `${HEAD}policy:\n  resources: {tier: light}\nhosts:\n  byName:\n    registry.example:\n      ca: x\n`;
    expect(reader.parse(text, 'a.yaml')).toMatchObject({
      policy: { mode: 'enforce', resources: { tier: 'light', cpuLimit: true } },
      hosts: { byName: { 'registry.example': { ca: 'x', retries: 3 } } },
    });
  });

  test('reading does not change later results', () => {
    (reader.defaults().policy.skipImages as unknown[]).push('x');
    expect(reader.defaults().policy.skipImages).toEqual([]);
  });
});

test.each([
  [
    'a value that is not one of the choices',
    'policy:\n  mode: enfroce',
    'line 4: policy.mode: found "enfroce", takes enforce | warn | audit | off. Did you mean "enforce"?',
  ],
  [
    'an unknown key',
    'policy:\n  mood: warn',
    'line 4: policy.mood: there is no such key. Did you mean "mode"?',
  ],
  [
    'an unknown key unlike any',
    'server:\n  certificate: x',
    'line 4: server.certificate: there is no such key. Known here: host, port',
  ],
  ['an unknown section', 'polcy: {}', 'line 3: polcy: there is no such key. Did you mean "policy"?'],
  [
    'text for a number: nothing is converted',
    'server:\n  port: "8443"',
    'line 4: server.port: found "8443", takes integer from 0 to 65535.',
  ],
  [
    'a number out of bounds',
    'server: {port: 70000}',
    'line 3: server.port: found 70000, takes integer from 0 to 65535.',
  ],
  [
    'text for a boolean',
    'policy: {spinCommand: "yes"}',
    'line 3: policy.spinCommand: found "yes", takes true | false.',
  ],
  [
    'null for a value',
    'log:\n  level:',
    'line 4: log.level: found null, takes debug | info | warn | error | silent.',
  ],
  ['a value for a section', 'policy: enforce', 'line 3: policy: found "enforce", takes {'],
  [
    'a value for a list',
    'registry: {allowAddresses: a}',
    'line 3: registry.allowAddresses: found "a", takes list of non-empty text.',
  ],
  [
    'a URL for a registry, which no image can name',
    'registry: {plainHttp: ["http://registry.internal:5000"]}',
    'line 3: registry.plainHttp[0]: found "http://registry.internal:5000", takes host or host:port.',
  ],
  [
    'a registry and a repository',
    'registry: {plainHttp: ["registry.internal/team"]}',
    'line 3: registry.plainHttp[0]: found "registry.internal/team", takes host or host:port.',
  ],
  [
    'an item of a list',
    'policy:\n  skipImages:\n  - a\n  - ""',
    'line 6: policy.skipImages[1]: found "", takes non-empty text.',
  ],
  [
    'a key inside an item',
    'policy:\n  tolerations:\n  - key: a\n    efect: NoSchedule',
    'line 6: policy.tolerations[0].efect: there is no such key. Did you mean "effect"?',
  ],
  [
    'a missing required key',
    'hosts:\n  byName:\n    a.example: {}',
    'hosts.byName["a.example"].ca: it is missing, takes text.',
  ],
  [
    'an unknown finding',
    'policy:\n  findings:\n    image-unknwon: warn',
    'line 5: policy.findings.image-unknwon: there is no such key. Did you mean "image-unknown"?',
  ],
  [
    'an unknown consequence of a finding',
    'policy:\n  findings: {image-unknown: refuse}',
    'line 4: policy.findings.image-unknown: found "refuse", takes deny | warn | ignore.',
  ],
  [
    'a handler like an unknown one',
    'policy:\n  handlers:\n    mine: {like: wasmtim}',
    `line 5: policy.handlers.mine.like: found "wasmtim", takes ${HANDLER_PROFILES.map(({ name }) => name).join(' | ')}. Did you mean "wasmtime"?`,
  ],
  [
    'a handler like nothing',
    'policy:\n  handlers:\n    mine: {tty: true}',
    'policy.handlers.mine.like: it is missing, takes runc | crun',
  ],
  ['a duplicate key', 'log: {}\nlog: {}', 'line 4, column 1: Map keys must be unique'],
  ['a syntax error', 'log: [', 'line 4, column 1: Flow sequence'],
  ['an unknown tag', 'log: !!js/function x', 'line 3, column 6: Unresolved tag'],
  [
    'two documents',
    '---\nlog: {}',
    'line 3, column 1: A second document starts here, but a file holds one configuration',
  ],
  ['a prototype', '__proto__: {}', '__proto__: there is no such key.'],
])('%s is a problem', (_case, text, expected) => {
  const [title, ...problems] = problemsOf(`${HEAD}${text}\n`);
  expect(title).toBe('Cannot use configuration "a.yaml": 1 problem');
  expect(problems).toEqual([expect.stringContaining(expected)]);
});

test.each([
  [
    'another apiVersion',
    'apiVersion: wasmgate.dev/v1\nkind: Configuration',
    'line 1: apiVersion: found "wasmgate.dev/v1", takes wasmgate.dev/v1alpha1.',
  ],
  [
    'another kind',
    'apiVersion: wasmgate.dev/v1alpha1\nkind: Config',
    'line 2: kind: found "Config", takes Configuration.',
  ],
  ['no apiVersion', 'kind: Configuration', 'apiVersion: it is missing, takes wasmgate.dev/v1alpha1.'],
  ['a list', '- a', 'the file: found ["a"], takes {'],
  ['a text', 'enforce', 'the file: found "enforce", takes {'],
])('%s is a problem', (_case, text, expected) => {
  expect(problemsOf(text)).toEqual([expect.stringContaining('1 problem'), expect.stringContaining(expected)]);
});

test('all problems are reported at once, in the order of the file', () => {
  const problems = problemsOf(`${HEAD}server: {port: -1}\npolicy: {mode: x}\nlog: {level: y}\n`);
  expect(problems.map((problem) => problem.split(':').slice(0, 2).join(':'))).toEqual([
    'Cannot use configuration "a.yaml": 3 problems',
    'line 3: server.port',
    'line 4: policy.mode',
    'line 5: log.level',
  ]);
});

test('an alias bomb is rejected', () => {
  const levels = Array.from({ length: 12 }, (_, level) => {
    const item = level === 0 ? 'x' : `*a${level - 1}`;
    return `  - &a${level} [${Array(10).fill(item).join(', ')}]`;
  });
  expect(() => reader.parse(`${HEAD}log:\n${levels.join('\n')}\n`, 'a.yaml')).toThrow(
    'Cannot use configuration',
  );
});

test('read takes a file; a missing file or a folder is an error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-'));
  const file = join(folder, 'a.yaml');
  await writeFile(file, `${HEAD}policy: {mode: audit}\n`);
  expect(await reader.read(file)).toMatchObject({ policy: { mode: 'audit' } });
  await expect(reader.read(join(folder, 'b.yaml'))).rejects.toMatchObject({
    code: 'missing-file',
    message: `Cannot read configuration "${join(folder, 'b.yaml')}": there is no such file or folder`,
  });
  await expect(reader.read(folder)).rejects.toMatchObject({
    code: 'unreadable-file',
    message: `Cannot read configuration "${folder}": it is a folder`,
    advice: expect.stringMatching(/^Name a file(?!.*--config )/),
  });
  await rm(folder, { recursive: true });
});

test('every key has a type, a default and a description', () => {
  const keys = reader.keys();
  expect(keys.find(({ path }) => path === 'policy.resources.tier')).toEqual({
    path: 'policy.resources.tier',
    type: 'edge | light | standard | data | ai | none',
    default: '"standard"',
    description: expect.stringContaining('Requests and limits'),
  });
  expect(keys.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['apiVersion', 'kind', 'server.port', 'log.level', 'hosts.byName.<name>.retries']),
  );
  const own = keys.filter(({ path }) => !path.startsWith('hosts.'));
  expect(own.filter(({ description, type }) => description === '' || type === '')).toEqual([]);
});
