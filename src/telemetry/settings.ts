import { Type } from 'typebox';
import { stringEnum } from '../lib/string-enum.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What is logged; every default stands here and nowhere else. */
export const logSettings = Type.Object(
  {
    level: stringEnum(LOG_LEVELS, {
      default: 'info',
      description: 'The least severe level that is logged; debug logs every admission.',
    }),
  },
  { additionalProperties: false, default: {} },
);
