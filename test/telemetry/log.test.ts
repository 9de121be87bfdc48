import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { AppError } from '../../src/lib/errors.ts';
import { hasControlCharacters } from '../../src/lib/strip-control-characters.ts';
import { createLogger, type LeveledLogger } from '../../src/telemetry/log.ts';
import type { LogFormat, LogLevel } from '../../src/telemetry/settings.ts';

function capture(
  level: LogLevel,
  format: LogFormat = 'json',
  isTTY = false,
): { log: LeveledLogger; text: () => string; lines: () => readonly Record<string, unknown>[] } {
  const lines: string[] = [];
  const destination = { isTTY, write: (line: string) => void lines.push(line) };
  return {
    log: createLogger({ level, format, destination }),
    text: () => lines.join(''),
    lines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

test('a JSON line has the level by name, the ISO time, fields and message', () => {
  const { log, lines } = capture('info');
  log.info({ namespace: 'team-a', count: 3 }, 'watch restarted');
  expect(lines()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      namespace: 'team-a',
      count: 3,
      msg: 'watch restarted',
    },
  ]);
});

test.each([
  ['debug', 4],
  ['info', 3],
  ['warn', 2],
  ['error', 1],
  ['silent', 0],
] as const)('level %s writes %i of four', (level, count) => {
  const { log, lines } = capture(level);
  for (const method of ['debug', 'info', 'warn', 'error'] as const) log[method]({}, method);
  expect(lines()).toHaveLength(count);
  expect(log.isLevelEnabled('debug')).toBe(level === 'debug');
});

test('level and format can change', () => {
  const { log, text } = capture('warn');
  log.info({}, 'one');
  log.configure({ level: 'debug', format: 'text' });
  log.debug({}, 'two');
  log.configure({ level: 'info', format: 'json' });
  log.debug({}, 'three');
  log.info({}, 'four');
  expect(text()).toMatch(/^\S+Z .*DEBUG.* two\n\{.*"msg":"four"\}\n$/);
  expect(log.isLevelEnabled('debug')).toBe(false);
});

test('redacts secrets by the name of their field and by their form', () => {
  const { log, lines } = capture('info');
  const url = 'https://user:hunter2@registry.example/v2/?token=hunter2';
  log.info(
    {
      url,
      password: 'hunter2',
      request: { authorization: 'Bearer hunter2hunter2' },
      host: 'registry.example',
    },
    `asked ${url} with Bearer hunter2hunter2`,
  );
  expect(JSON.stringify(lines())).not.toContain('hunter2');
  expect(lines()[0]).toMatchObject({ host: 'registry.example', request: { authorization: '***' } });
});

test('writes an error with code, advice and cause, without secrets', () => {
  const { log, lines } = capture('info');
  const cause = new Error('GET https://user:hunter2@registry.example failed');
  log.error(
    { err: new AppError('unreachable', 'Cannot ask registry', { cause, advice: 'Wait.' }) },
    'look-up',
  );
  log.error({ err: 'a text with Basic hunter2hunter2' }, 'thrown text');
  expect(lines()).toMatchObject([
    {
      err: {
        code: 'unreachable',
        advice: 'Wait.',
        message: expect.stringContaining('registry.example failed'),
      },
    },
    { err: { message: 'a text with Basic ***' } },
  ]);
  expect(JSON.stringify(lines())).not.toContain('hunter2');
});

test.each([
  ['auto', true, 'text'],
  ['auto', false, 'json'],
  ['text', false, 'text'],
  ['json', true, 'json'],
] as const)('format %s, terminal %s: %s', (format, isTTY, expected) => {
  const { log, text } = capture('info', format, isTTY);
  log.info({ host: '::1', port: 8443 }, 'serving admissions');
  expect(text().startsWith('{') ? 'json' : 'text').toBe(expected);
});

test('text has one line with time, level, message and fields, and an error below', () => {
  const { log, text } = capture('info', 'text');
  log.info({ host: '::1', port: 8443 }, 'serving admissions');
  log.error(
    { err: new AppError('invalid-configuration', 'Cannot read "a.yaml":\n  line 3', { advice: 'Fix it.' }) },
    'configuration rejected',
  );
  const lines = stripVTControlCharacters(text()).split('\n');
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3}Z INFO  serving admissions {2}host="::1" {2}port=8443$/);
  expect(lines[1]).toMatch(/Z ERROR configuration rejected$/);
  expect(lines.slice(2)).toEqual(['  Cannot read "a.yaml":', '    line 3', '  Fix it.', '']);
});

test('text shows the stack of an unexpected error', () => {
  const { log, text } = capture('info', 'text');
  log.error({ err: new TypeError('x is undefined') }, 'request failed');
  expect(text()).toMatch(/request failed\n {2}TypeError: x is undefined\n {6}at /);
});

test('text from outside can neither control the terminal nor forge a line, and stays redacted', () => {
  const { log, text } = capture('info', 'text');
  log.warn(
    { host: 'a\u001B[2J\u009Bb\n12:00 INFO  forged', url: 'https://user:hunter2@a.test' },
    'asked\u202E a\n12:00 INFO  forged',
  );
  const shown = stripVTControlCharacters(text());
  expect(hasControlCharacters(shown)).toBe(false);
  expect(shown).not.toContain('hunter2');
  expect(shown.trimEnd().split('\n')).toHaveLength(1);
});
