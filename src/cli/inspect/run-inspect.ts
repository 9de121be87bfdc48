import type { DescribedImage, ImageReport } from '../../assess/inspect/image-report.ts';
import { reportWasmFile, type WasmFileReport } from '../../assess/inspect/wasm-file-report.ts';
import type { UnknownReason } from '../../detect/verdict.ts';
import { formatReference } from '../../image/reference.ts';
import { escapeJson } from '../../lib/strip-control-characters.ts';
import { EXIT_CODES, type ExitCode, type ParsedArguments } from '../command.ts';
import { printError, printWarning, type Io } from '../io.ts';
import { flagChoice } from '../parse-arguments.ts';
import { createProgress } from '../progress.ts';
import { toYaml } from '../serialize.ts';
import {
  INSPECT_DEFAULTS,
  INSPECT_OUTPUTS,
  readRequest,
  type InspectDeps,
  type InspectRequest,
} from './inspect-request.ts';
import { renderTable, renderWasmFile } from './render-table.ts';

const ADVICE: Readonly<Record<UnknownReason, (registry: string, seconds: number) => string>> = {
  unauthorized: (registry) =>
    `The registry denied access. Log in with docker login ${registry}, or use --username NAME --password-stdin.`,
  'not-found': (registry) =>
    `The registry has no such image, or hides it from anonymous users. Check repository and tag, or log in: docker login ${registry}, or --username NAME --password-stdin.`,
  unreachable: () =>
    'The registry cannot be reached or is failing. Check its name, the network and its health.',
  timeout: (_registry, seconds) =>
    `Try again. If the registry is slow, wait longer than ${seconds} s: --timeout 2m.`,
  tls: () =>
    'If its authority is missing here, name it with --ca-file FILE. If the registry has no TLS, use --plain-http. Otherwise, its operator must correct the certificate.',
  'rate-limited': (registry) =>
    `The registry’s rate limit is exceeded. Logging in raises it: docker login ${registry}.`,
  'denied-by-config': () =>
    'wasmgate itself blocked the request: it never contacts cloud metadata or link-local addresses, and sends logins only to the hosts they are for.',
  unsupported: () => 'wasmgate does not support this kind of image, and does not guess.',
  'too-large': () => 'wasmgate does not read that much. Check that the reference names an image.',
  invalid: () =>
    'The answer does not come from a registry. Check the reference, and that no proxy changes answers.',
};

const THIS_MACHINE = /^(?:localhost|127\.[\d.]+|\[::1\])(?::\d+)?$/;

/** Results of plain HTTP to a TLS server: some servers answer an error, some hang up. */
const MAY_NEED_TLS: ReadonlySet<UnknownReason> = new Set(['invalid', 'unreachable']);

function adviseOn(reason: UnknownReason, registry: string, milliseconds: number): string {
  const advice = ADVICE[reason](registry, milliseconds / 1000);
  return MAY_NEED_TLS.has(reason) && THIS_MACHINE.test(registry)
    ? `${advice} If it uses TLS, name its authority: --ca-file FILE.`
    : advice;
}

/** A registry's own denial is an answer; every other reason leaves the image unknown. */
function exitCodeFor(reason: UnknownReason | null): ExitCode {
  if (reason === null) return EXIT_CODES.ok;
  return reason === 'unauthorized' || reason === 'not-found' ? EXIT_CODES.failed : EXIT_CODES.undecided;
}

function render(
  input: ParsedArguments,
  report: ImageReport | WasmFileReport,
  renderText: () => string,
): string {
  switch (flagChoice(input, 'output', INSPECT_OUTPUTS) ?? INSPECT_DEFAULTS.output) {
    case 'json':
      return `${escapeJson(JSON.stringify(report, null, 2))}\n`;
    case 'yaml':
      return toYaml(report);
    case 'table':
      return renderText();
  }
}

function nameOf(subject: InspectRequest['subject']): string {
  return subject.kind === 'file' ? subject.location.text : formatReference(subject.reference);
}

function adviseFor({ subject, milliseconds }: InspectRequest, reason: UnknownReason): string {
  if (subject.kind === 'registry') return adviseOn(reason, subject.reference.registry, milliseconds);
  return reason === 'unsupported' ? ADVICE.unsupported('', 0) : 'Export the image again, with all its parts.';
}

function writeImage(
  described: DescribedImage,
  {
    input,
    io,
    request,
  }: { readonly input: ParsedArguments; readonly io: Io; readonly request: InspectRequest },
): ExitCode {
  const { report } = described;
  // After a failed lookup the error on standard error says everything.
  io.stdout.write(render(input, report, () => (report.mediaType === null ? '' : renderTable(described, io))));
  if (described.note !== null) printWarning(io, `layers were not read: ${described.note}`);
  const { reason } = report.verdict;
  if (reason !== null)
    printError(io, described.detail ?? reason, described.advice ?? adviseFor(request, reason));
  return exitCodeFor(reason);
}

export async function runInspect(input: ParsedArguments, io: Io, deps: InspectDeps): Promise<ExitCode> {
  const request = await readRequest(input, deps);
  const progress = createProgress(io);
  progress.update(`Inspecting ${nameOf(request.subject)}`);
  const described = await deps.inspect(request, progress.io).finally(progress.done);
  if ('report' in described) return writeImage(described, { input, io, request });
  io.stdout.write(render(input, reportWasmFile(described), () => renderWasmFile(described, io)));
  return EXIT_CODES.ok;
}
