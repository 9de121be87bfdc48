import { describe, expect, test } from 'vitest';
import { HELP, parseOptions, UsageError } from '../../.ci/release/options.ts';

describe('parseOptions', () => {
  test('builds for both platforms from the base of the Dockerfile and pushes nothing, unless flags say otherwise', () => {
    expect(parseOptions(['--output', 'out'])).toEqual({
      output: 'out',
      platforms: ['linux/amd64', 'linux/arm64'],
      base: null,
      push: null,
    });
  });

  test('keeps platforms in one order, whatever the order of the flag', () => {
    const options = parseOptions(['--output=out', '--platform', 'linux/arm64,linux/amd64,linux/arm64']);
    expect(options?.platforms).toEqual(['linux/amd64', 'linux/arm64']);
  });

  test.each([['registry.example.com/wasmgate'], ['127.0.0.1:5000/team/wasmgate']])('pushes to %s', (name) => {
    expect(parseOptions(['--output=out', '--push', name])?.push).toBe(name);
  });

  test.each([[['--help']], [['--output', 'out', '-h']]])('shows the help for %j', (args) => {
    expect(parseOptions(args)).toBeNull();
  });

  test.each([
    [[], 'Flag --output is missing: the folder to write to.'],
    [['--outptu', 'out'], 'There is no flag "--outptu". Did you mean "--output"?'],
    [['--output'], 'Flag --output needs a value.'],
    [['--output', '--push', 'x/y'], 'Flag --output needs a value.'],
    [['out'], 'It takes no arguments, found "out".'],
    [
      ['--output=o', '--platform=linux/arm'],
      'Flag --platform names "linux/arm"; there are linux/amd64 and linux/arm64.',
    ],
    [
      ['--output=o', '--push=registry.example.com/wasmgate:1'],
      'Flag --push takes REGISTRY/NAME without a tag, found "registry.example.com/wasmgate:1".',
    ],
    [['--output=o', '--push=wasmgate'], 'Flag --push takes REGISTRY/NAME without a tag, found "wasmgate".'],
  ])('rejects %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(new UsageError(message));
  });

  test('the help names every flag and fits a narrow terminal', () => {
    for (const flag of ['output', 'platform', 'base', 'push', 'help']) expect(HELP).toContain(`--${flag}`);
    expect(HELP.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});
