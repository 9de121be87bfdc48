import type { AuditCommandDeps, AuditSession, AuditSetup } from '../cli/audit/run-audit-command.ts';
import type { Io } from '../cli/io.ts';
import { createObjects } from '../kubernetes/list-objects.ts';
import { readServerVersion } from '../kubernetes/server-version.ts';
import { openClusterSession } from './cluster-session.ts';

/** The report itself says what could not be read. */
function ignore(): void {}

async function open({ live, config }: AuditSetup, io: Io): Promise<AuditSession> {
  const setup = { live, config, facts: [], namespace: undefined };
  const session = await openClusterSession(setup, io, ignore);
  const { client, server, cluster, unread } = session;
  return {
    ...session,
    knowsClasses: !unread().some(({ fact }) => fact === 'runtime-classes'),
    objects: createObjects({ client }),
    server: { server: server.href, version: await readServerVersion(client) },
    view: cluster.view,
  };
}

/** The first interruption ends the audit, which then prints what it has; the second ends the process. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}

export function wireAudit(): AuditCommandDeps {
  return { open, interrupted };
}
