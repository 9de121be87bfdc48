import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { AppError, describeError, redact } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { LogLevel } from './settings.ts';

export interface LogOptions {
  readonly level: LogLevel;
  /** Standard output by default, where a container's log is expected. */
  readonly destination?: DestinationStream;
}

/** The log, and the question whether a level is written at all, to ask before building what would be logged. */
export interface LeveledLogger extends Logger {
  readonly isLevelEnabled: (level: LogLevel) => boolean;
}

/** Field names whose value is a secret wherever it stands, one level down included. */
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
    ...(error instanceof AppError ? { code: error.code, advice: error.advice } : {}),
    message: describeError(error),
    stack: redact(error.stack ?? ''),
  };
}

/** Text from outside may carry a credential inside a URL or a header: redacted by form, beside the fields by name. */
function redactTexts(fields: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(fields);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? redact(value) : value]),
  );
}

/**
 * JSON lines. Written synchronously: nothing is logged for an ordinary admission, and the line that matters most is the
 * last one before an end.
 */
export function createLogger({ level, destination }: LogOptions): LeveledLogger {
  const logger: PinoLogger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redactTexts },
      serializers: { err: writeError, error: writeError },
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '***' },
      hooks: {
        logMethod(inputs, method) {
          const [fields, message, ...rest] = inputs;
          method.apply(this, [fields, typeof message === 'string' ? redact(message) : message, ...rest]);
        },
      },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
  return logger;
}
