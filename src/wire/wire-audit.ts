import { openReports } from '../audit/policy-reports/write-reports.ts';
import type { AuditCommandDeps, AuditSession, AuditSetup } from '../cli/audit/run-audit-command.ts';
import type { Io } from '../cli/io.ts';
import { createObjects } from '../kubernetes/list-objects.ts';
import { createReportStore } from '../kubernetes/reports.ts';
import { readServerVersion } from '../kubernetes/server-version.ts';
import { explanations } from '../policy/checks/index.ts';
import { openClusterSession } from './cluster-session.ts';

/** Returns the address without a login or a query, which a kubeconfig may hold: reports are passed around. */
function addressOf({ origin, pathname }: URL): string {
  return origin + pathname;
}

/** The report itself says what could not be read. */
function ignore(): void {}

async function open({ live, config }: AuditSetup, io: Io): Promise<AuditSession> {
  const setup = { live, config, facts: [], namespace: undefined };
  const session = await openClusterSession(setup, io, ignore);
  const { client, server, cluster, unread, installation: wasmgate } = session;
  return {
    ...session,
    knowsClasses: !unread().some(({ fact }) => fact === 'runtime-classes'),
    objects: createObjects({ client }),
    server: { server: addressOf(server), version: await readServerVersion(client), wasmgate },
    view: cluster.view,
    openReports: (wanted) => openReports(createReportStore({ client }), wanted, new AbortController().signal),
  };
}

/** The first interruption ends the audit, which then prints what it has; the second ends the process. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  // Kubernetes sends SIGTERM to a Job that takes too long.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** @param version of wasmgate */
export function wireAudit(version: string): AuditCommandDeps {
  const reasons = new Map<string, string>(explanations.map(({ id, why }) => [id, why]));
  const whyOf = (id: string): string => reasons.get(id) ?? '';
  return { open, interrupted, page: { version, whyOf } };
}
