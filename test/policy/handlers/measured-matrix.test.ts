import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canRun } from '../../../src/policy/handlers/can-run.ts';
import { REASONS } from '../../../src/policy/handlers/matrix.ts';
import { judgeRecordedImages, measuredCells, type MeasuredCell } from '../../node/record/measured-cells.ts';
import { formatMeasured, type MeasuredRun, MEASURED_FILE, readMeasured } from '../../node/record/measured.ts';
import { recordedImages } from '../../node/record/recorded-images.ts';
import { loadFixtureImages } from '../../support/image/fixture-images.ts';

const measured = readMeasured();
const cells = await measuredCells();

function titleOf({ handler, variant, runtime }: MeasuredRun): string {
  const versions = Object.entries(runtime).map((entry) => entry.join(' '));
  return `${handler}${variant === null ? '' : ` with ${variant}`} (${versions.join(', ')})`;
}

const WORKS: ReadonlySet<string> = new Set(['ran', 'linux']);

/** What the matrix says of a cell, in words that a result can contradict; null if it leaves the result open. */
function promiseOf({ profile, verdict, run }: MeasuredCell): 'runs' | 'fails' | null {
  const { runs, needs } = canRun(profile, verdict);
  if (needs.includes('command') || needs.includes('spin-command')) return 'fails';
  if (needs.includes('variant-annotation') && verdict.kind === 'wasm') {
    return run.variant === null ? 'fails' : 'runs';
  }
  if (runs === 'yes') return 'runs';
  return runs === 'no' ? 'fails' : null;
}

describe('the matrix agrees with what was measured', () => {
  const named = cells.map((cell) => ({ ...cell, on: titleOf(cell.run), form: cell.form }));

  test.each(named)('$image as $form on $on', (cell) => {
    const promise = promiseOf(cell);
    const did = WORKS.has(cell.result.outcome) ? 'runs' : 'fails';
    expect(promise ?? did).toBe(did);
    expect(canRun(cell.profile, cell.verdict).why).not.toBe(REASONS.untried.why);
  });

  test('a container that ran as Wasm is Wasm to wasmgate, one that ran as Linux is not', () => {
    const kinds = { ran: 'wasm', linux: 'container' } as Readonly<Record<string, string>>;
    const wrong = cells.filter(
      ({ result, verdict }) => (kinds[result.outcome] ?? verdict.kind) !== verdict.kind,
    );
    expect(wrong.map(({ image, run }) => `${image} on ${titleOf(run)}`)).toEqual([]);
  });
});

describe('the corpus agrees with what was measured', () => {
  const runs = measured.runs.filter(
    ({ profile, variant }) => profile !== null && (profile !== 'crun' || variant !== null),
  );
  const cases = loadFixtureImages().flatMap(({ name, expect: truth }) =>
    runs.flatMap((run) => {
      const result = run.results[name];
      return result === undefined ? [] : [{ name, truth, result, profile: run.profile, on: titleOf(run) }];
    }),
  );

  test.each(cases)('$name on $on', ({ truth, result, profile }) => {
    expect(result.pulled).toBe(truth.pulls);
    expect(WORKS.has(result.outcome)).toBe(truth.runsOn.includes(profile ?? ''));
  });
});

describe('pulls agree with what was measured', async () => {
  const images = await judgeRecordedImages();

  test.each(images)('$name', ({ name, pull }) => {
    const pulled = measured.runs.flatMap(({ results }) => results[name]?.pulled ?? []);
    expect(new Set(pulled)).toEqual(new Set([pull.ok]));
  });
});

describe('the record', () => {
  test('is written as the record writes it', () => {
    expect(readFileSync(MEASURED_FILE, 'utf8')).toBe(formatMeasured(measured));
  });

  test('has every image, and no other', () => {
    const images = recordedImages().map(({ name, what, command }) => [name, { what, command }]);
    expect(measured.images).toEqual(Object.fromEntries(images));
    const unknown = measured.runs.flatMap(({ results }) =>
      Object.keys(results).filter((name) => !(name in measured.images)),
    );
    expect(unknown).toEqual([]);
  });

  test.each(['runc', 'crun', 'crun-wasm', 'wasmtime', 'wasmedge'])('has results of %s', (name) => {
    expect(measured.runs.map(({ profile }) => profile)).toContain(name);
  });
});
