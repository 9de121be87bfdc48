import { CLUSTER_FLAGS, SELECTION_FLAGS } from '../cluster-flags.ts';
import type { Command, Flag } from '../command.ts';
import { FAIL_ON_FLAGS } from '../fail-on.ts';
import { AUDIT_OUTPUTS } from './audit-outputs.ts';
import { REPORT_FLAGS } from './report-flags.ts';
import type { AuditCommandDeps } from './run-audit-command.ts';

const FLAGS: readonly Flag[] = [
  ...SELECTION_FLAGS,
  {
    name: 'output',
    short: 'o',
    placeholder: 'FORMAT',
    description:
      'Output format (default table). json, yaml: the report, with workloads, images, capabilities, unreadable and summary. html: one page that needs no other file.',
    choices: AUDIT_OUTPUTS,
  },
  ...REPORT_FLAGS,
  ...CLUSTER_FLAGS,
  {
    name: 'config',
    placeholder: 'FILE',
    description: 'Configuration file of the webhook (default: that of the cluster, else the defaults).',
  },
  ...FAIL_ON_FLAGS,
];

const EXAMPLES: Command['examples'] = [
  { command: 'wasmgate audit -A', explanation: 'Everything in the cluster that kubectl uses' },
  { command: 'wasmgate audit -n shop -l app=web', explanation: 'The workloads of a namespace with a label' },
  { command: 'wasmgate audit -A -o html > audit.html', explanation: 'A page to pass around' },
  {
    command: 'wasmgate audit -A -q',
    explanation: 'Only what fails (exit code 1) or is undecided (3). After Ctrl-C: 130, with what was judged',
  },
  {
    command: 'wasmgate audit -A --write-reports --fail-on never',
    explanation: 'As the CronJob of component audit-report does: a report for each workload with findings',
  },
];

/** @param load called only if the command runs, so that the webhook does not load its dependencies */
export function auditCommand(load: () => Promise<AuditCommandDeps>): Command {
  return {
    name: 'audit',
    summary: 'Show what the webhook would say about what runs in a cluster, one row for each workload.',
    flags: FLAGS,
    examples: EXAMPLES,
    run: async (input, io) => {
      const { runAuditCommand } = await import('./run-audit-command.ts');
      return runAuditCommand(input, io, await load());
    },
  };
}
