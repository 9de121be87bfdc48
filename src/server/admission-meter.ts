import type { Answer } from '../admission/response.ts';
import type { ErrorCode } from './error-answer.ts';

/** What an admission was answered; `fault` is HTTP 500, after which `failurePolicy` decides. */
export const ADMISSION_OUTCOMES = ['allowed', 'patched', 'denied', 'fault'] as const;
export type AdmissionOutcome = Answer['kind'] | 'fault';

/** Counts the answers of one webhook: called for each, so it must cost nothing to speak of. */
export type AdmissionMeter = (outcome: AdmissionOutcome, milliseconds: number) => void;

export interface ServerMeter {
  readonly mutate: AdmissionMeter;
  readonly validate: AdmissionMeter;
  /** A request that got an error instead of an answer. */
  readonly refused: (code: ErrorCode) => void;
}
