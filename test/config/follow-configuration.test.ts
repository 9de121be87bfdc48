import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createConfigurationReader } from '../../src/config/configuration-reader.ts';
import { followConfiguration, type ReadConfiguration } from '../../src/config/follow-configuration.ts';
import { AppError } from '../../src/lib/errors.ts';
import { policySettings } from '../../src/policy/settings.ts';
import { serverSettings } from '../../src/server/settings.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { logSettings } from '../../src/telemetry/settings.ts';
import { createWebhookMetrics } from '../../src/wire/webhook-metrics.ts';
import { waitFor } from '../support/lib/processes.ts';
import { readSeries } from '../support/telemetry/exposition.ts';

const reader = createConfigurationReader({
  policy: policySettings,
  server: serverSettings,
  log: logSettings,
});

let folder: string;
let stop: AbortController;
let lines: string[];
let version = 0;
let isLinked: boolean;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-reload-'));
  stop = new AbortController();
  lines = [];
  isLinked = false;
});

afterEach(async () => {
  stop.abort();
  await rm(folder, { recursive: true });
});

/** Writes a file as the kubelet updates a ConfigMap: into a new folder, to which it swaps a link. */
async function mount(text: string): Promise<string> {
  version += 1;
  const data = `..data-${version}`;
  await mkdir(join(folder, data));
  await writeFile(join(folder, data, 'wasmgate.yaml'), text);
  await symlink(data, join(folder, '..new'));
  await rename(join(folder, '..new'), join(folder, '..data'));
  if (!isLinked) await symlink(join('..data', 'wasmgate.yaml'), join(folder, 'wasmgate.yaml'));
  isLinked = true;
  return join(folder, 'wasmgate.yaml');
}

function file(sections: string): string {
  return `{apiVersion: wasmgate.dev/v1alpha1, kind: Configuration, ${sections}}`;
}

const UNLISTED = { ready: false, current: false, lastContact: null, failure: null, restarts: 0 };

interface State extends ReadConfiguration {
  readonly settings: ReturnType<typeof reader.defaults>;
}

/** Reads a file, and one beside it as if it were named by the file. */
async function read(path: string): Promise<State> {
  const text = await reader.readText(path);
  const named = await readFile(join(folder, 'named'), 'utf8').catch(() => '');
  if (named === 'broken') throw new AppError('broken', 'Cannot use the named file');
  const contents = new Map([
    [path, text],
    ['named', named],
  ]);
  return { settings: reader.parse(text, path), contents, isEmpty: !/^[^#\s-]/m.test(text) };
}

interface Start {
  /** Fails to apply a policy of this mode. */
  readonly unusable?: string;
  readonly problem?: AppError | null;
  readonly shortest?: number;
  readonly longest?: number;
  /** Each reading differs from the one before. */
  readonly isRestless?: boolean;
}

/** Follows a file, and keeps the mode of its policy. */
async function start(
  sections: string,
  { unusable, problem = null, shortest = 5, longest = 40, isRestless = false }: Start = {},
) {
  const path = await mount(file(sections));
  const logger = createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } });
  const states = () => ({
    'runtime classes': UNLISTED,
    namespaces: UNLISTED,
    nodes: UNLISTED,
    'limit ranges': UNLISTED,
  });
  const metrics = createWebhookMetrics('0', { states }, stop.signal);
  const state = await read(path);
  const applied = [state.settings.policy.mode];
  let readings = 0;
  void followConfiguration(
    {
      file: path,
      read: async () => {
        readings += 1;
        const found = await read(path);
        return isRestless
          ? { ...found, contents: new Map([...found.contents, ['named', String(readings)]]) }
          : found;
      },
      apply: ({ settings: { policy } }) => {
        if (policy.mode === unusable) return Promise.reject(new AppError('unusable', 'Cannot use this mode'));
        applied.push(policy.mode);
        return Promise.resolve();
      },
      fixedSections: ['server'],
      logger,
      onReload: metrics.onReload,
      times: { shortest, longest, settle: 2, perReading: 0 },
    },
    { state, problem },
    stop.signal,
  );
  /** Reads the metrics of reloads. */
  const reloads = async () => {
    const series = readSeries(await metrics.page.write());
    return {
      taken: series['wasmgate_config_reloads_total{result="success"}'],
      refused: series['wasmgate_config_reloads_total{result="failure"}'],
      isGood: series['wasmgate_config_last_reload_successful'],
      at: series['wasmgate_config_last_reload_success_timestamp_seconds'],
    };
  };
  return { mode: () => applied.at(-1), applied, reloads, readings: () => readings };
}

async function waitForMode({ mode }: { mode: () => string | undefined }, wanted: string): Promise<void> {
  await waitFor(() => Promise.resolve(mode() === wanted), { what: `mode ${wanted}`, seconds: 120 });
}

async function waitForLine(words: string): Promise<string> {
  return waitFor(() => Promise.resolve(lines.find((line) => line.includes(words))), {
    what: words,
    seconds: 120,
  });
}

test('a swapped file applies to the next admission', async () => {
  const started = await start('policy: {mode: enforce}');
  expect(started.mode()).toBe('enforce');
  await mount(file('policy: {mode: audit}'));
  await waitForMode(started, 'audit');
  await mount(file('policy: {mode: warn}'));
  await waitForMode(started, 'warn');
  expect(started.applied).toEqual(['enforce', 'audit', 'warn']);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { msg: 'configuration applied', keys: ['policy.mode'] },
    { msg: 'configuration applied', keys: ['policy.mode'] },
  ]);
});

test('an invalid file is logged once and changes nothing; the next valid one applies', async () => {
  const started = await start('policy: {mode: enforce}');
  const begun = await started.reloads();
  expect(begun).toMatchObject({ taken: 0, refused: 0, isGood: 1 });
  await mount(file('policy: {mode: enfroce}'));
  expect(await waitForLine('configuration rejected')).toContain('Did you mean');
  expect(started.mode()).toBe('enforce');
  expect(await started.reloads()).toEqual({ taken: 0, refused: 1, isGood: 0, at: begun.at });
  await mount(file('policy: {mode: warn}'));
  await waitForMode(started, 'warn');
  expect(await started.reloads()).toMatchObject({ taken: 1, refused: 1, isGood: 1 });
  expect((await started.reloads()).at).toBeGreaterThan(begun.at ?? Infinity);
  expect(lines.filter((line) => line.includes('configuration rejected'))).toHaveLength(1);
});

test.each([
  ['policy: {mode: warn}', 'configuration applied'],
  ['policy: {mode: enforce}', 'configuration valid again; it is the one in use'],
])('a rejected configuration is one log line, and its correction another: %s', async (sections, message) => {
  await start('policy: {mode: enforce}');
  await mount(file('policy: {mode: enfroce, sceanrio: edge}'));
  await waitForLine('configuration rejected');
  await mount(file(sections));
  await waitForLine(message);
  expect(lines.map((line) => (JSON.parse(line) as { readonly msg: string }).msg)).toEqual([
    'configuration rejected; the previous one stays in use',
    message,
  ]);
});

test('a problem that returns is logged again', async () => {
  const started = await start('policy: {mode: enforce}');
  await mount(file('policy: {mode: enfroce}'));
  await waitForLine('configuration rejected');
  await mount(file('policy: {mode: warn}'));
  await waitForMode(started, 'warn');
  await mount(file('policy: {mode: enfroce}'));
  await waitFor(async () => (await started.reloads()).refused === 2, {
    what: 'the second rejection',
    seconds: 120,
  });
});

/** Such a file, rendered without its values, turned every cluster in mode audit to enforce. */
test.for([
  ['nothing', ''],
  ['comments and blanks', '# all defaults\n\n  # see the manual\n---\n'],
])('a file that now has only %s changes nothing', async ([, text = '']) => {
  const started = await start('policy: {mode: audit}');
  await mount(text);
  await waitForLine('it is empty now');
  expect(started.mode()).toBe('audit');
  expect(await started.reloads()).toMatchObject({ taken: 0, refused: 1, isGood: 0 });
  await mount(file('policy: {}'));
  await waitForMode(started, 'enforce');
});

test('a missing file is logged, and the policy stays until the file is back', async () => {
  const started = await start('policy: {mode: audit}');
  await rename(join(folder, '..data'), join(folder, '..away'));
  await waitForLine('configuration rejected');
  expect(started.mode()).toBe('audit');
  expect(await started.reloads()).toMatchObject({ refused: 1, isGood: 0 });
  await rename(join(folder, '..away'), join(folder, '..data'));
  // The content is unchanged, so there is nothing to apply, but the problem is over.
  await waitForLine('configuration valid again');
  await waitFor(async () => (await started.reloads()).isGood === 1, {
    what: 'the end of the problem',
    seconds: 120,
  });
  expect(started.applied).toEqual(['audit']);
  await mount(file('policy: {mode: warn}'));
  await waitForMode(started, 'warn');
});

test('the log names changed keys that need a restart, once', async () => {
  const started = await start('policy: {mode: audit}, server: {port: 1}');
  await mount(file('policy: {mode: audit}, server: {port: 2}'));
  expect(JSON.parse(await waitForLine('after a restart'))).toMatchObject({
    level: 'warn',
    keys: ['server.port'],
  });
  await mount(file('policy: {mode: warn}, server: {port: 3}'));
  await waitForMode(started, 'warn');
  expect(lines.filter((line) => line.includes('after a restart'))).toHaveLength(1);
  expect(lines.at(-1)).toContain('"keys":["policy.mode"]');
  await mount(file('policy: {mode: warn}, server: {port: 1}'));
  await mount(file('policy: {mode: warn}, server: {port: 1, host: "::"}'));
  expect(await waitForLine('server.host')).toContain('"keys":["server.host"]');
});

test('a comment is no change', async () => {
  const started = await start('policy: {mode: audit}');
  await mount(`# a comment\n${file('policy: {mode: audit}')}`);
  await waitFor(async () => (await started.reloads()).taken === 1, { what: 'the reload', seconds: 120 });
  expect(started.applied).toEqual(['audit']);
  expect(lines).toEqual([]);
});

test('a file that is named applies with it, by name; a broken one holds back all changes', async () => {
  const started = await start('policy: {mode: audit}');
  await writeFile(join(folder, 'named'), 'broken');
  await mount(file('policy: {mode: warn}'));
  await waitForLine('configuration rejected');
  expect(await started.reloads()).toMatchObject({ refused: 1, isGood: 0 });
  await writeFile(join(folder, 'named'), 'sound');
  const line = await waitForLine('configuration applied');
  expect(JSON.parse(line)).toMatchObject({ keys: ['policy.mode'], files: ['named'] });
  expect(started.applied).toEqual(['audit', 'warn']);
  expect(await started.reloads()).toMatchObject({ taken: 1, isGood: 1 });
});

test('what cannot be applied is rejected, once', async () => {
  const started = await start('policy: {mode: audit}', { unusable: 'enforce' });
  await mount(file('policy: {mode: enforce}'));
  expect(await waitForLine('configuration rejected')).toContain('Cannot use this mode');
  await mount(file('policy: {mode: warn}'));
  await waitForMode(started, 'warn');
  expect(lines.filter((line) => line.includes('configuration rejected'))).toHaveLength(1);
});

test('a problem of the start is not logged again, and counts until it is over', async () => {
  await writeFile(join(folder, 'named'), '');
  const problem = new AppError('broken', 'Cannot use the named file');
  const started = await start('policy: {mode: audit}', { problem });
  expect(await started.reloads()).toMatchObject({ isGood: 0 });
  const line = await waitForLine('configuration valid again');
  expect(lines).toEqual([line]);
  expect(await started.reloads()).toMatchObject({ isGood: 1 });
});

/** Without a limit, there would be a reading for every few ticks. */
test('files that keep changing are read less often', async () => {
  const started = await start('policy: {mode: audit}', { isRestless: true, shortest: 1, longest: 500 });
  let ticks = 0;
  const clock = setInterval(() => (ticks += 1), 2);
  await waitFor(() => Promise.resolve(ticks > 1_500), { what: 'many ticks', seconds: 120 });
  clearInterval(clock);
  expect(started.readings()).toBeGreaterThan(1);
  expect(started.readings()).toBeLessThan(100);
});

test('a change in files that never settle applies in the end', async () => {
  const started = await start('policy: {mode: audit}', { isRestless: true });
  await mount(file('policy: {mode: warn}'));
  await waitForMode(started, 'warn');
});
