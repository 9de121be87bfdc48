import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { REPORT_KINDS } from '../../../src/audit/policy-reports/report-apis.ts';
import { printWritten } from '../../../src/cli/audit/report-flags.ts';
import { runWasmgate } from '../../support/cli/run-wasmgate.ts';

const KIND = REPORT_KINDS['openreports.io'];

function printed(failures: readonly string[], isQuiet: boolean): string {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const counts = { created: 1, updated: 2, unchanged: 3, removed: 4 };
  printWritten({ stdout, stderr, env: {} }, { kind: KIND, ...counts, failures }, isQuiet);
  expect(stdout.read()).toBeNull();
  return String(stderr.read() ?? '');
}

describe('reports of an audit', () => {
  test('what became of them is on standard error', () => {
    expect(printed([], false)).toBe(
      'Reports: 1 created, 2 updated, 3 unchanged, 4 removed (reports.openreports.io)\n',
    );
    expect(printed([], true)).toBe('');
  });

  test('failures are, too, even if quiet, on one line each', () => {
    const failures = Array.from({ length: 12 }, (_, index) => `Cannot write ${index}: a\u001b[31mb`);
    const lines = printed(failures, true).trimEnd().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe('wasmgate: Cannot write 0: a [31mb');
    expect(lines[10]).toBe('wasmgate: and 2 more');
  });

  test.each([
    [['--report-api', 'openreports.io'], 'flag --report-api requires --write-reports'],
    [['--write-reports', '--report-api', 'openreports'], 'Did you mean "openreports.io"?'],
  ])('%j is wrong usage', async (flags, message) => {
    const { exitCode, stdout, stderr } = await runWasmgate(['audit', ...flags]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
