import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FINDING_IDS } from '../../../src/policy/finding-catalog.ts';
import { podOf } from '../../support/cli/review-stage.ts';
import { parseSarif, useRepositoryStage, WORKLOAD } from '../../support/cli/sarif.ts';

const repository = useRepositoryStage();
const { stage, write, sarif } = repository;

const DENIED = podOf('denied', 'spin-v2-app', '  runtimeClassName: wasmtime');
const UNREAD = podOf('unread', 'no-such-image', '  runtimeClassName: wasmtime');

describe('the log', () => {
  test('fits the schema if there is nothing to report', async () => {
    await write('linux.yaml', podOf('linux', 'linux-plain'));
    const run = await sarif(['linux.yaml']);
    expect(run).toMatchObject({
      invocations: [{ executionSuccessful: true, exitCode: 0, toolExecutionNotifications: [] }],
      results: [],
    });
  });

  test('fits the schema whatever the manifests hold', async () => {
    const odd = podOf('"odd\\u0000\\u202e[x](y){0}%s"', 'spin-v2-app', '  runtimeClassName: "a\\u001b[2J"');
    await write('odd [1]/ä%20#?.yaml', [odd, DENIED, UNREAD, WORKLOAD, 'a: [', '{}'].join('\n---\n'));
    const run = await sarif(['odd [1]/ä%20#?.yaml']);
    expect(run.results.length).toBeGreaterThan(4);
    expect(run.results[0]?.locations[0]?.physicalLocation.artifactLocation).toEqual({
      uri: 'odd%20%5B1%5D/%C3%A4%2520%23%3F.yaml',
      uriBaseId: '%SRCROOT%',
    });
    expect(JSON.stringify(run)).not.toMatch(/\\u0000|\\u001b|\u202e/);
    for (const { message } of run.results) expect(message.text).not.toContain('](');
  });

  test('explains every finding as a rule, with a link', async () => {
    await write('linux.yaml', podOf('linux', 'linux-plain'));
    const { rules } = (await sarif(['linux.yaml'])).tool.driver;
    expect(rules.map(({ id }) => id).toSorted()).toEqual(FINDING_IDS.toSorted());
    const page = 'https://github.com/wasmgate/wasmgate/blob/main/src/policy/FINDINGS.md';
    expect(rules.find(({ id }) => id === 'tty-unsupported')).toMatchObject({
      shortDescription: { text: 'Tty unsupported.' },
      fullDescription: { text: expect.stringMatching(/\.$/) },
      help: { markdown: expect.stringContaining('**Fix:**') },
      helpUri: `${page}#tty-unsupported`,
      defaultConfiguration: { level: 'warning' },
    });
    const policy = 'policy: {helpUrl: "https://wiki.example.com/wasm#"}';
    const config = await write(
      'config.yaml',
      `{apiVersion: wasmgate.dev/v1alpha1, kind: Configuration, ${policy}}`,
    );
    const own = await sarif(['linux.yaml'], { args: ['--config', config] });
    expect(own.tool.driver.rules[0]?.helpUri).toBe('https://wiki.example.com/wasm#runtime-class-missing');
  });

  test('has a result for each finding, with its rule, level and advice', async () => {
    await write('web.yaml', WORKLOAD);
    const { results, tool } = await sarif(['web.yaml']);
    expect(results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ['handler-cannot-run-image', 'error'],
      ['tty-unsupported', 'warning'],
      ['user-namespace-unsupported', 'warning'],
      ['memory-below-floor', 'warning'],
    ]);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(results[0]?.message.text).toMatch(/^Deployment shop\/web: container "first" .*\. Fix: /);
  });

  test('leaves out what the operator excepts', async () => {
    await write('web.yaml', WORKLOAD);
    const policy = 'policy: {exceptions: [{namespaces: [shop], findings: [tty-unsupported]}]}';
    const config = await write(
      'config.yaml',
      `{apiVersion: wasmgate.dev/v1alpha1, kind: Configuration, ${policy}}`,
    );
    const ids = (await sarif(['web.yaml'], { args: ['--config', config] })).results.map(
      ({ ruleId }) => ruleId,
    );
    expect(ids).toContain('memory-below-floor');
    expect(ids).not.toContain('tty-unsupported');
  });

  test('is complete with --quiet', async () => {
    await write('web.yaml', WORKLOAD);
    expect(await sarif(['web.yaml'], { args: ['-q'] })).toEqual(await sarif(['web.yaml']));
  });
});

describe('fingerprints', () => {
  const KEY = 'wasmgateObjectFinding/v1';

  async function fingerprints(text: string): Promise<readonly string[]> {
    await write('web.yaml', text);
    return (await sarif(['web.yaml'])).results.map(
      ({ partialFingerprints }) => partialFingerprints[KEY] ?? '',
    );
  }

  test('stay if lines move, fields change, and other objects come and go', async () => {
    const before = await fingerprints(WORKLOAD);
    const changed = WORKLOAD.replace('1Mi', '512Ki').replace('hostUsers', '# a comment\n      hostUsers');
    expect(await fingerprints(`${DENIED}\n---\n${changed}`)).toEqual([expect.any(String), ...before]);
  });

  test('differ between objects, containers and findings', async () => {
    const all = await fingerprints(
      [
        WORKLOAD,
        WORKLOAD.replace('shop', 'other'),
        WORKLOAD.replace('name: web', 'name: web2'),
        WORKLOAD.replace('Deployment', 'StatefulSet'),
        WORKLOAD,
      ].join('---\n'),
    );
    expect(all).toHaveLength(20);
    // The last object is the first one again: only its number differs.
    expect(new Set(all.map((fingerprint) => fingerprint.split(':')[0])).size).toBe(16);
    expect(new Set(all).size).toBe(20);
  });
});

describe('what could not be judged', () => {
  test('is a notification', async () => {
    await write('some.yaml', [UNREAD, podOf('linux', 'none'), DENIED].join('\n---\n'));
    const { invocations, results } = await sarif(['some.yaml']);
    expect(invocations).toMatchObject([
      {
        executionSuccessful: true,
        exitCode: 1,
        toolExecutionNotifications: [
          { descriptor: { id: 'undecided' }, level: 'warning' },
          {
            descriptor: { id: 'undecided' },
            message: { text: expect.stringContaining('Pod default/linux is undecided') },
          },
        ],
      },
    ]);
    expect(results.map(({ ruleId }) => ruleId)).toEqual(['image-unknown', 'handler-cannot-run-image']);
  });

  test('counts as failure of the run if it is unreadable', async () => {
    await write('some.yaml', `${DENIED}\n---\n\na: [`);
    const { invocations, results } = await sarif(['some.yaml']);
    expect(invocations).toMatchObject([
      {
        executionSuccessful: false,
        exitCode: 2,
        toolExecutionNotifications: [
          {
            descriptor: { id: 'unreadable' },
            level: 'error',
            locations: [
              { physicalLocation: { artifactLocation: { uri: 'some.yaml' }, region: { startLine: 11 } } },
            ],
          },
        ],
      },
    ]);
    expect(results).toHaveLength(1);
  });

  test('fits the schema if nothing is readable', async () => {
    await write('broken.yaml', 'a: [');
    expect(await sarif(['broken.yaml'])).toMatchObject({
      invocations: [{ executionSuccessful: false, exitCode: 2, toolExecutionNotifications: [{}] }],
      results: [],
    });
  });

  test('names missing facts', async () => {
    await write('module.yaml', podOf('module', 'bk-wasi-wasm'));
    const { stdout } = await stage.review(['-f', join(repository.root, 'module.yaml'), '-o', 'sarif'], {
      folder: repository.root,
    });
    const { invocations } = await parseSarif(stdout);
    expect(invocations[0]).toMatchObject({
      exitCode: 3,
      toolExecutionNotifications: [
        { message: { text: expect.stringContaining('depends on the RuntimeClasses') } },
      ],
    });
  });
});
