import type { Logger } from '../../src/assess/ports.ts';

export interface RecordingLogger {
  readonly logger: Logger;
  readonly messages: (level: keyof Logger) => readonly string[];
}

/** A logger that keeps what it is told. */
export function createRecordingLogger(): RecordingLogger {
  const entries: (readonly [level: keyof Logger, message: string])[] = [];
  const record =
    (level: keyof Logger) =>
    (_fields: object, message: string): void =>
      void entries.push([level, message]);
  return {
    logger: { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') },
    messages: (level) => entries.filter(([of]) => of === level).map(([, message]) => message),
  };
}
