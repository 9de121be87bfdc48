import { CERTIFICATE_TIMES, type CertificateTimes } from '../certs/certificate-times.ts';
import { auditCommand } from '../cli/audit/audit.ts';
import { certsCommand } from '../cli/certs/certs.ts';
import type { Command } from '../cli/command.ts';
import { completeCommand, completionCommand } from '../cli/completion/completion.ts';
import { configCommand } from '../cli/config.ts';
import { demoCommand } from '../cli/demo/demo.ts';
import { explainCommand, type ExplainedFinding } from '../cli/explain.ts';
import { inspectCommand } from '../cli/inspect/inspect.ts';
import { reviewCommand } from '../cli/review/review.ts';
import { serveCommand } from '../cli/serve.ts';
import { versionCommand } from '../cli/version.ts';
import { explanations } from '../policy/checks/index.ts';
import { severityOf } from '../policy/finding-catalog.ts';
import { defaultActionOf } from '../policy/rate-findings.ts';
import { SCENARIOS } from '../policy/settings.ts';
import { LOG_FORMATS, LOG_LEVELS } from '../telemetry/settings.ts';
import { configurations } from './settings.ts';

export interface Program {
  readonly version: string;
  /** Shorter times let tests see certificates renewed. */
  readonly certificateTimes?: CertificateTimes;
  /** The folder `manifests`, whose place differs between a checkout and a bundle. */
  readonly manifests: URL;
  /** The current folder, absolute; default: the process's. */
  readonly folder?: string;
}

/** The architectures whose names in Go, and so in Kubernetes, differ from Node's. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

function platformOfProcess(): string {
  return `${process.platform}/${ARCHITECTURES[process.arch] ?? process.arch}`;
}

function findings(): readonly ExplainedFinding[] {
  return explanations.map((one) => ({
    ...one,
    severity: severityOf(one.id),
    action: defaultActionOf(one.id),
  }));
}

/**
 * Lists the commands in the order of the help. Each loads its code when it runs: a webhook that serves for months carries no
 * demo, and help does not wait for a server.
 */
export function wireCommands({
  version,
  manifests,
  folder = process.cwd(),
  certificateTimes = CERTIFICATE_TIMES,
}: Program): readonly Command[] {
  const commands = [
    serveCommand({
      serve: async (flags, io) =>
        (await import('./serve.ts')).serve({ version, certificateTimes }, flags, io),
      configurationKeys: configurations.keys,
      logLevels: LOG_LEVELS,
      logFormats: LOG_FORMATS,
    }),
    reviewCommand(async () => (await import('./wire-review.ts')).wireReview({ version, findings, folder })),
    auditCommand(async () => (await import('./wire-audit.ts')).wireAudit(version)),
    inspectCommand(async () => (await import('./wire-inspect.ts')).wireInspect()),
    explainCommand({ findings }),
    configCommand({
      schema: configurations.jsonSchema,
      scenarios: SCENARIOS,
      defaults: (scenario) => configurations.defaultFile({ policy: { scenario } }),
      check: async (file, options) =>
        (await import('./check-configuration.ts')).checkConfiguration(file, options),
    }),
    certsCommand(async () => (await import('./wire-certs.ts')).wireCerts()),
    demoCommand(async () => (await import('./wire-demo.ts')).wireDemo({ manifests })),
    versionCommand({ version, node: process.versions.node, platform: platformOfProcess() }),
    completionCommand(),
  ];
  const complete = completeCommand(commands, async (env) =>
    (await import('./wire-completion.ts')).wireCompletion(env),
  );
  return [...commands, complete];
}
