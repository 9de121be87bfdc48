import type { CertificateReport } from '../../certs/certificate-report.ts';
import { escapeJson } from '../../lib/strip-control-characters.ts';
import { readClusterChoice } from '../cluster-flags.ts';
import { EXIT_CODES, type ExitCode, type ParsedArguments } from '../command.ts';
import type { Io } from '../io.ts';
import { flagChoice, flagText } from '../parse-arguments.ts';
import { CERTS_OUTPUTS, type CertsDeps, type CertsRequest } from './certs-request.ts';
import { renderReport } from './render-report.ts';

function exitCodeOf({ problems }: CertificateReport): ExitCode {
  if (problems.some(({ kind }) => kind === 'failed')) return EXIT_CODES.failed;
  return problems.length > 0 ? EXIT_CODES.undecided : EXIT_CODES.ok;
}

export async function runCerts(input: ParsedArguments, io: Io, deps: CertsDeps): Promise<ExitCode> {
  const request: CertsRequest = {
    cluster: readClusterChoice(input),
    namespace: flagText(input, 'namespace'),
    secret: flagText(input, 'secret'),
    certDir: flagText(input, 'cert-dir'),
  };
  const report = await deps.read(request, io);
  const isJson = flagChoice(input, 'output', CERTS_OUTPUTS) === 'json';
  io.stdout.write(isJson ? `${escapeJson(JSON.stringify(report, null, 2))}\n` : renderReport(report, io));
  return exitCodeOf(report);
}
