import { styleText } from 'node:util';
import { pino, type DestinationStream } from 'pino';
import { AppError, describeError, redact } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { escapeJson, stripControlCharacters } from '../lib/strip-control-characters.ts';
import type { LogFormat, LogLevel } from './settings.ts';

export interface LogOptions {
  readonly level: LogLevel;
  /** `auto` by default: text on a terminal, JSON elsewhere. */
  readonly format?: LogFormat;
  /** Standard output by default, where Kubernetes expects a container's log. */
  readonly destination?: DestinationStream & { readonly isTTY?: boolean };
}

export interface LeveledLogger extends Logger {
  /** Reports whether a level is logged, so that callers build only fields that are needed. */
  readonly isLevelEnabled: (level: LogLevel) => boolean;
  /** Changes level and format from the next line on. */
  readonly configure: (options: Pick<LogOptions, 'level' | 'format'>) => void;
}

/** Names of fields whose values are secrets, at the top and one level down. */
const SECRET_FIELDS = [
  'password',
  'token',
  'identitytoken',
  'registrytoken',
  'auth',
  'authorization',
  'secret',
  'key',
  'credentials',
];

function writeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: describeError(error) };
  return {
    type: error.name,
    message: describeError(error),
    // An error of wasmgate's own says what happened and where; only others need their stack.
    ...(error instanceof AppError
      ? { code: error.code, advice: error.advice }
      : { stack: redact(error.stack ?? '') }),
  };
}

/** Redacts credentials in texts: one from outside may hold a credential in a URL or a header. */
function redactTexts(fields: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(fields);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? redact(value) : value]),
  );
}

const COLORS: Readonly<Record<string, 'red' | 'yellow' | 'dim'>> = {
  error: 'red',
  warn: 'yellow',
  debug: 'dim',
};

interface Line {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly err?: {
    readonly message: string;
    readonly advice?: string;
    readonly stack?: string;
  };
}

/** Formats a JSON line for people: `04:25:01.123Z WARN  registry is down  host="a.test"`, with an error's text below. */
function formatText(json: string): string {
  const { time, level, msg, err, ...fields } = JSON.parse(json) as Line;
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  const text = stripControlCharacters([msg, ...pairs].join(' '));
  const details = [err?.stack ?? err?.message, err?.advice];
  const below = details.flatMap((detail) => detail?.split('\n') ?? []).map(stripControlCharacters);
  const color = COLORS[level];
  const label = level.toUpperCase().padEnd(5);
  const head = `${time.slice(time.indexOf('T') + 1)} ${color === undefined ? label : styleText(color, label)}`;
  return [`${head} ${text}`, ...below, ''].join('\n').replaceAll(/\n(?=.)/g, '\n  ');
}

function formatOf(
  format: LogFormat = 'auto',
  { isTTY = false }: NonNullable<LogOptions['destination']>,
): (json: string) => string {
  // Its texts may come from Pods and registries, and `kubectl logs` prints them on a terminal.
  return format === 'text' || (format === 'auto' && isTTY) ? formatText : escapeJson;
}

/**
 * Creates a logger that writes synchronously: an ordinary admission logs nothing, and the line that matters most is the last
 * one before an exit.
 */
export function createLogger({ level, format, destination = process.stdout }: LogOptions): LeveledLogger {
  const target = destination === process.stdout ? pino.destination({ dest: 1, sync: true }) : destination;
  let formatLine = formatOf(format, destination);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redactTexts },
      serializers: { err: writeError },
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '***' },
      hooks: {
        logMethod(inputs, method) {
          const [fields, message, ...rest] = inputs;
          method.apply(this, [fields, typeof message === 'string' ? redact(message) : message, ...rest]);
        },
      },
    },
    { write: (line) => void target.write(formatLine(line)) },
  );
  return Object.assign(logger, {
    configure: (options: Pick<LogOptions, 'level' | 'format'>): void => {
      logger.level = options.level;
      formatLine = formatOf(options.format, destination);
    },
  });
}
