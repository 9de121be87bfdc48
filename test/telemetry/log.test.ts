import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { AppError } from '../../src/lib/errors.ts';
import { createLogger, type LeveledLogger } from '../../src/telemetry/log.ts';
import type { LogLevel } from '../../src/telemetry/settings.ts';

function capture(level: LogLevel): { log: LeveledLogger; lines: () => readonly Record<string, unknown>[] } {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  return {
    log: createLogger({ level, destination }),
    lines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

test('a line is JSON with level by name, ISO time, fields and message', () => {
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

test('secrets are taken out by the name of their field and by their form', () => {
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

test('an error is written with code, advice and cause, without secrets', () => {
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
