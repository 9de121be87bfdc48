import { Type } from 'typebox';
import { stringEnum } from '../lib/string-enum.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['auto', 'text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The log settings of `serve`. */
export const logSettings = Type.Object(
  {
    level: stringEnum(LOG_LEVELS, {
      default: 'info',
      description: 'The least severe level to log; debug logs every admission.',
    }),
    format: stringEnum(LOG_FORMATS, {
      default: 'auto',
      description: 'JSON lines, or text for people; auto writes text on a terminal and JSON elsewhere.',
    }),
    decisions: Type.Boolean({
      default: true,
      description:
        'Whether each Pod that wasmgate changes or denies, or would in mode enforce, gets a line in the log, at level info.',
    }),
  },
  { additionalProperties: false, default: {} },
);
