import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createConfigurationReader } from '../../src/config/configuration-reader.ts';
import { reloadPolicy } from '../../src/config/reload-policy.ts';
import { policySettings } from '../../src/policy/settings.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { logSettings } from '../../src/telemetry/settings.ts';
import { createWebhookMetrics } from '../../src/wire/webhook-metrics.ts';
import { waitFor } from '../support/lib/processes.ts';
import { readSeries } from '../support/telemetry/exposition.ts';

const reader = createConfigurationReader({ policy: policySettings, log: logSettings });

type Settings = ReturnType<typeof reader.defaults>;

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

/**
 * Starts a reload whose use is the policy's mode.
 * @param overrides of the command line
 */
async function start(sections: string, overrides: Partial<Settings> = {}) {
  const path = await mount(file(sections));
  let made = 0;
  const logger = createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } });
  const states = () => ({
    'runtime classes': UNLISTED,
    namespaces: UNLISTED,
    nodes: UNLISTED,
    'limit ranges': UNLISTED,
  });
  const metrics = createWebhookMetrics('0', { states }, stop.signal);
  const current = reloadPolicy(
    {
      file: path,
      parse: reader.parse,
      logger,
      onReload: metrics.onReload,
      intervalMilliseconds: 5,
      assemble: ({ policy }) => {
        made += 1;
        return policy.mode;
      },
    },
    { ...(await reader.read(path)), ...overrides },
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
  return { mode: current, made: () => made, reloads };
}

async function waitForMode({ mode }: { mode: () => string }, wanted: string): Promise<void> {
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
  expect(started.made()).toBe(3);
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
  ['policy: {mode: warn}', 'new policy applied'],
  ['policy: {mode: enforce}', 'configuration valid again; its policy is the one in use'],
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
  expect(started.made()).toBe(1);
  await mount(file('policy: {mode: warn}'));
  await waitForMode(started, 'warn');
});

test('the log names changed sections that need a restart', async () => {
  const started = await start('policy: {mode: audit}, log: {level: info}');
  await waitFor(() => Promise.resolve(started.made() === 1), { what: 'the first look', seconds: 120 });
  await mount(file('policy: {mode: warn}, log: {level: debug}'));
  await waitForMode(started, 'warn');
  await mount(file('policy: {mode: audit}, log: {level: warn}'));
  expect(await waitForLine('after a restart')).toContain('"sections":["log"]');
});

test('an override on the command line is no change of the file', async () => {
  const started = await start('policy: {mode: audit}, log: {level: info}', {
    log: { level: 'debug', format: 'auto', decisions: true },
  });
  await mount(file('policy: {mode: warn}, log: {level: info}'));
  await waitForMode(started, 'warn');
  expect(lines.filter((line) => line.includes('after a restart'))).toEqual([]);
});

test('a file whose policy is unchanged assembles nothing', async () => {
  const started = await start('policy: {mode: audit}');
  await mount(file('policy: {mode: audit}  '));
  await mount(`# a comment\n${file('policy: {mode: warn}')}`);
  await waitForMode(started, 'warn');
  expect(started.made()).toBe(2);
});
