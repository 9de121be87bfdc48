import { REPORT_APIS, type ReportApi } from '../../audit/policy-reports/report-apis.ts';
import type { WrittenReports } from '../../audit/ports.ts';
import type { Flag, ParsedArguments } from '../command.ts';
import { printError, type Io } from '../io.ts';
import { flagChoice, usageError } from '../parse-arguments.ts';

export const REPORT_FLAGS: readonly Flag[] = [
  {
    name: 'write-reports',
    description:
      'Write a report into the cluster for each workload with findings, and remove those of wasmgate whose workload or findings are gone. If some cannot be written, the exit code is 1.',
  },
  {
    name: 'report-api',
    placeholder: 'API',
    description:
      'The API of these reports: Report of openreports.io or PolicyReport of wgpolicyk8s.io (default: the first that the cluster has).',
    choices: REPORT_APIS,
  },
];

/** Failures listed one by one. If there are more, they probably have a common cause. */
const MAX_FAILURES = 10;

/** Reports that the user wants written; `api` is undefined for the first one that the cluster has. */
export interface WantedReports {
  readonly api: ReportApi | undefined;
}

/** Returns null if no reports are wanted. @throws AppError `wrong-usage` */
export function readWantedReports(args: ParsedArguments): WantedReports | null {
  const api = flagChoice(args, 'report-api', REPORT_APIS);
  if (args.flags.has('write-reports')) return { api };
  if (api !== undefined) throw usageError('flag --report-api requires --write-reports', 'audit');
  return null;
}

/** Prints what became of the reports on standard error; with `isQuiet`, only what failed. */
export function printWritten(
  io: Io,
  { kind, created, updated, unchanged, removed, failures }: WrittenReports,
  isQuiet: boolean,
): void {
  for (const failure of failures.slice(0, MAX_FAILURES)) printError(io, failure, null);
  const more = failures.length - MAX_FAILURES;
  if (more > 0) printError(io, `and ${more} more`, null);
  if (isQuiet) return;
  const counts = `${created} created, ${updated} updated, ${unchanged} unchanged, ${removed} removed`;
  io.stderr.write(`Reports: ${counts} (${kind.resource}.${kind.group})\n`);
}
