import type { AuditReport } from '../../audit/audit-report.ts';
import type { ReportsPort } from '../../audit/ports.ts';
import { runAudit, type AuditDeps } from '../../audit/run-audit.ts';
import { escapeJson } from '../../lib/strip-control-characters.ts';
import { readClusterChoice, readSelection, type ClusterChoice } from '../cluster-flags.ts';
import { EXIT_CODES, type ExitCode, type ParsedArguments } from '../command.ts';
import { exitCodeFor, readFailOptions, type FailOptions } from '../fail-on.ts';
import type { Io } from '../io.ts';
import { flagChoice, flagText } from '../parse-arguments.ts';
import { toYaml } from '../serialize.ts';
import { AUDIT_OUTPUTS, type AuditOutput } from './audit-outputs.ts';
import { auditPage, type PageOptions } from './html/audit-page.ts';
import { printWritten, readWantedReports, type WantedReports } from './report-flags.ts';

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

function render(output: AuditOutput, report: AuditReport, page: PageOptions): Iterable<string> {
  switch (output) {
    case 'json':
      return [`${escapeJson(JSON.stringify(report, null, 2))}\n`];
    case 'yaml':
      return [toYaml(report)];
    case 'html':
      return auditPage(report, page);
  }
}

function exitCodeOf({ workloads, isComplete }: AuditReport, { failOn }: FailOptions): ExitCode {
  const code = exitCodeFor(workloads, failOn);
  return code === EXIT_CODES.ok && !isComplete && failOn !== 'never' ? EXIT_CODES.undecided : code;
}

export async function runAuditCommand(
  args: ParsedArguments,
  io: Io,
  deps: AuditCommandDeps,
): Promise<ExitCode> {
  const output = flagChoice(args, 'output', AUDIT_OUTPUTS) ?? 'json';
  const selection = readSelection(args);
  const wanted = readWantedReports(args);
  const session = await deps.open({ config: flagText(args, 'config'), live: readClusterChoice(args) }, io);
  try {
    const reports = wanted === null ? null : await session.openReports(wanted);
    const ownNamespace = selection.namespace ?? session.namespace;
    const namespace = selection.isAllNamespaces ? null : ownNamespace;
    const signal = deps.interrupted();
    const scope = { namespace, selector: selection.selector ?? '' };
    const report = await runAudit(session, { scope, ownNamespace, signal, now: new Date() });
    for (const part of render(output, report, deps.page)) io.stdout.write(part);
    const options = readFailOptions(args);
    if (reports !== null) {
      // An interrupted audit still writes what it judged.
      const written = await reports.write(report, new AbortController().signal);
      printWritten(io, written, options.isQuiet);
      if (written.failures.length > 0) return EXIT_CODES.failed;
    }
    return exitCodeOf(report, options);
  } finally {
    await session.close();
  }
}
