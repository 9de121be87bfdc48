import type { Logger } from '../../../src/lib/logger.ts';

export interface RecordingLogger {
  readonly logger: Logger;
  readonly messages: (level: keyof Logger) => readonly string[];
}

type Entry = readonly [level: keyof Logger, message: string];

/** Like pino's, its methods fail if they are detached from the logger. */
class Recorder implements Logger {
  readonly #entries: Entry[];

  constructor(entries: Entry[]) {
    this.#entries = entries;
  }

  debug(_fields: object, message: string): void {
    this.#entries.push(['debug', message]);
  }

  info(_fields: object, message: string): void {
    this.#entries.push(['info', message]);
  }

  warn(_fields: object, message: string): void {
    this.#entries.push(['warn', message]);
  }

  error(_fields: object, message: string): void {
    this.#entries.push(['error', message]);
  }
}

/** A logger that keeps its messages. */
export function createRecordingLogger(): RecordingLogger {
  const entries: Entry[] = [];
  return {
    logger: new Recorder(entries),
    messages: (level) => entries.filter(([of]) => of === level).map(([, message]) => message),
  };
}
