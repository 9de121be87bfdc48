import { AppError } from '../../lib/errors.ts';

export type HostsErrorCode = 'invalid-hosts';

/** @param subject where it stands, as it is told: a file by its name, or a key of the configuration */
export function invalidHosts(subject: string, state: string): AppError<HostsErrorCode> {
  return new AppError('invalid-hosts', `Cannot use ${subject}: ${state}`, { blame: 'input' });
}
