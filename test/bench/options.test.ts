import { describe, expect, test } from 'vitest';
import { UsageError } from '../support/cli/read-flags.ts';
import { parseOptions } from './options.ts';

const ROWS = ['warm', 'cold', 'growth'];
const RUN = { kind: 'run', rows: [], isQuick: false, format: 'table', json: null, readme: false };

describe('options of the benchmark', () => {
  test.each([
    [[], RUN],
    [['cold', '--quick', 'warm'], { ...RUN, rows: ['cold', 'warm'], isQuick: true }],
    [['--json', 'out.json', '-o', 'markdown'], { ...RUN, json: 'out.json', format: 'markdown' }],
    [['--markdown'], { ...RUN, format: 'markdown' }],
    [['--readme'], { ...RUN, readme: true }],
    [['-h'], { kind: 'help' }],
    [['--help', 'wrm'], { kind: 'help' }],
  ])('%j are accepted', (args, expected) => {
    expect(parseOptions(args, ROWS)).toEqual(expected);
  });

  test.each([
    [['wram'], 'There is no row "wram". Did you mean "warm"? Rows: warm, cold, growth.'],
    [['--quik'], 'There is no flag "--quik". Did you mean "--quick"?'],
    [['--quick=yes'], 'The flag "--quick" takes no value.'],
    [['--json'], 'The flag "--json" needs a value.'],
    [['--json', '--quick'], 'The flag "--json" needs a value.'],
    [['-o', 'yaml'], 'There is no format "yaml". Formats: table, json, markdown.'],
    [['--readme', 'warm'], '--readme writes the whole table, so it takes no row.'],
    [['--quick', '--readme'], '--readme writes figures to rely on, so it takes no --quick.'],
  ])('%j are rejected', (args, message) => {
    expect(() => parseOptions(args, ROWS)).toThrow(new UsageError(message));
  });
});
