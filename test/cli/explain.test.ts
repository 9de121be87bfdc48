import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { explanations } from '../../src/policy/checks/index.ts';
import { SCENARIOS } from '../../src/policy/settings.ts';
import { runWasmgate } from '../support/cli/run-wasmgate.ts';

describe('explain', () => {
  test('lists every finding if none is named', async () => {
    const { exitCode, stdout } = await runWasmgate(['explain']);
    expect(exitCode).toBe(0);
    for (const { id } of explanations) expect(stdout).toContain(`  ${id}`);
  });

  test.each(explanations)('prints the whole explanation of $id', async ({ id, why, example, fix }) => {
    const { exitCode, stdout } = await runWasmgate(['explain', id]);
    expect(exitCode).toBe(0);
    const flat = stdout.replaceAll(/\s+/g, ' ');
    for (const text of [id, why, example, fix]) expect(flat).toContain(text);
  });

  test.each([40, 80])('fits into %i columns', async (columns) => {
    const { stdout } = await runWasmgate(['explain', ...explanations.map(({ id }) => id)], { columns });
    const wide = stripVTControlCharacters(stdout)
      .split('\n')
      .filter((line) => line.length > columns);
    expect(wide.filter((line) => line.trim().includes(' '))).toEqual([]);
  });

  test('suggests the nearest name for an unknown one', async () => {
    const { exitCode, stderr } = await runWasmgate(['explain', 'image-unknwon']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Did you mean "image-unknown"?');
  });
});

describe('config', () => {
  test.each([
    ['nothing', [], 'takes one of schema, defaults, check'],
    ['an unknown word', ['shema'], 'Did you mean "schema"?'],
    ['check without a file', ['check'], 'name the file'],
    ['an extra argument', ['schema', 'x'], 'takes no more arguments'],
    ['an unknown scenario', ['defaults', 'egde'], 'Did you mean "edge"?'],
    ['a missing file', ['check', '/nonexistent/a.yaml'], 'there is no such file'],
  ])('%s is wrong usage', async (_case, words, said) => {
    const { exitCode, stderr } = await runWasmgate(['config', ...words]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(said)]);
  });

  test.each(['base', ...SCENARIOS.map((scenario) => `overlays/${scenario}`)])(
    'the configuration shipped in manifests/%s has no problems',
    async (folder) => {
      const file = `manifests/${folder}/configuration.yaml`;
      expect(await runWasmgate(['config', 'check', file])).toMatchObject({
        exitCode: 0,
        stdout: `${file}: no problems\n`,
      });
    },
  );

  test('defaults prints the defaults of a scenario', async () => {
    const [usual, mixed, edge] = await Promise.all(
      [[], ['mixed'], ['edge']].map((words) => runWasmgate(['config', 'defaults', ...words])),
    );
    expect(usual?.stdout).toBe(mixed?.stdout);
    expect(usual?.stdout).toMatch(/^ {4}tier: standard$/m);
    expect(edge?.stdout).toMatch(/^ {2}scenario: edge$/m);
    expect(edge?.stdout).toMatch(/^ {4}tier: edge$/m);
  });

  test('schema prints JSON', async () => {
    const { stdout } = await runWasmgate(['config', 'schema']);
    expect(JSON.parse(stdout)).toMatchObject({ properties: { policy: {}, log: {} } });
  });
});
