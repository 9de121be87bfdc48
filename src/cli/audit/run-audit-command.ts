import type { AuditReport } from '../../audit/audit-report.ts';
import type { ReportsPort } from '../../audit/ports.ts';
import { runAudit, type AuditDeps, type AuditProgress } from '../../audit/run-audit.ts';
import { counted } from '../../lib/words.ts';
import { readClusterChoice, readSelection, type ClusterChoice } from '../cluster-flags.ts';
import { EXIT_CODES, type ExitCode, type ParsedArguments } from '../command.ts';
import { exitCodeFor, readFailOptions, type FailOptions } from '../fail-on.ts';
import { printWarning, withoutNotes, type Io } from '../io.ts';
import { flagChoice, flagText } from '../parse-arguments.ts';
import { createProgress, type Progress } from '../progress.ts';
import { AUDIT_OUTPUTS } from './audit-outputs.ts';
import type { PageOptions } from './html/audit-page.ts';
import { printWritten, readWantedReports, type WantedReports } from './report-flags.ts';
import { writeAudit } from './write-audit.ts';

export interface AuditSetup {
  readonly config: string | undefined;
  readonly live: ClusterChoice;
}

export interface AuditSession extends AuditDeps {
  /** The namespace of the kubeconfig's context. */
  readonly namespace: string;
  /** @throws AppError if there is no API to write */
  readonly openReports: (wanted: WantedReports) => Promise<ReportsPort>;
  readonly close: () => Promise<void>;
}

export interface AuditCommandDeps {
  /** @throws AppError if the configuration is invalid or the cluster cannot be reached */
  readonly open: (setup: AuditSetup, io: Io) => Promise<AuditSession>;
  /** Aborts when the user interrupts the audit. */
  readonly interrupted: () => AbortSignal;
  readonly page: PageOptions;
}

/** An interrupted audit has a code of its own, whatever it found: no pipeline may take a part for the whole. */
function exitCodeOf(report: AuditReport, { failOn }: FailOptions): ExitCode {
  const { workloads, isComplete, isInterrupted } = report;
  if (isInterrupted) return EXIT_CODES.interrupted;
  const code = exitCodeFor(workloads, failOn);
  return code === EXIT_CODES.ok && !isComplete && failOn !== 'never' ? EXIT_CODES.undecided : code;
}

function describeProgress({ listing, workloads, pods }: AuditProgress): string {
  return `Auditing ${listing}: ${counted(workloads, 'workload')}, ${counted(pods, 'Pod')}`;
}

/** Audits what the flags select. */
async function audit(args: ParsedArguments, session: AuditSession, control: Control): Promise<AuditReport> {
  const selection = readSelection(args);
  const ownNamespace = selection.namespace ?? session.namespace;
  const namespace = selection.isAllNamespaces ? null : ownNamespace;
  const scope = { namespace, selector: selection.selector ?? '' };
  const { signal, progress } = control;
  const onProgress = (state: AuditProgress): void => progress.update(describeProgress(state));
  try {
    return await runAudit(session, { scope, ownNamespace, signal, onProgress, now: new Date() });
  } finally {
    progress.done();
  }
}

interface Control {
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Writes what could not be read, for outputs that programs read: the exit code alone would not explain itself. */
function writeWarnings(io: Io, { unreadable, isInterrupted }: AuditReport): void {
  if (isInterrupted) printWarning(io, 'the audit was interrupted; the report holds what was judged');
  for (const { message, advice } of unreadable) printWarning(io, message, advice === '' ? null : advice);
}

export async function runAuditCommand(
  args: ParsedArguments,
  io: Io,
  deps: AuditCommandDeps,
): Promise<ExitCode> {
  const output = flagChoice(args, 'output', AUDIT_OUTPUTS) ?? 'table';
  const options = readFailOptions(args);
  const wanted = readWantedReports(args);
  const notes = options.isQuiet ? withoutNotes(io) : io;
  const setup = { config: flagText(args, 'config'), live: readClusterChoice(args) };
  const progress = createProgress(notes);
  progress.update('Reading the cluster');
  const session = await deps.open(setup, progress.io).finally(progress.done);
  try {
    const reports = wanted === null ? null : await session.openReports(wanted);
    const report = await audit(args, session, { signal: deps.interrupted(), progress });
    if (output !== 'table') writeWarnings(notes, report);
    await writeAudit(output, io, { report, options, page: deps.page });
    if (reports !== null) {
      // An interrupted audit still writes what it judged.
      const written = await reports.write(report, new AbortController().signal);
      printWritten(io, written, options.isQuiet);
      if (written.failures.length > 0 && !report.isInterrupted) return EXIT_CODES.failed;
    }
    return exitCodeOf(report, options);
  } finally {
    await session.close();
  }
}
