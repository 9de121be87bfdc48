import type { DescribedImage } from '../../assess/inspect/image-report.ts';
import type { ParsedArguments } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { flagChoice } from '../parse.ts';
import { plainJson } from '../plain-json.ts';
import { tellFailure, tellWarning } from '../tell.ts';
import { toYaml } from '../to-yaml.ts';
import { adviseOn, exitCodeFor } from './advise-on.ts';
import { DEFAULTS, OUTPUTS } from './flags.ts';
import type { InspectDeps } from './inspect-request.ts';
import { readRequest } from './read-request.ts';
import { renderTable } from './render-table.ts';

/** A look-up that failed has nothing to lay out: what went wrong is told beside it. */
function render(reported: DescribedImage, input: ParsedArguments, io: Io): string {
  const { report } = reported;
  switch (flagChoice(input, 'output', OUTPUTS) ?? DEFAULTS.output) {
    case 'json':
      return `${plainJson(JSON.stringify(report, null, 2))}\n`;
    case 'yaml':
      return toYaml(report);
    case 'table':
      return report.digest === null ? '' : renderTable(reported, io.stdout);
  }
}

export async function runInspect(input: ParsedArguments, io: Io, deps: InspectDeps): Promise<ExitCode> {
  const request = await readRequest(input, deps);
  const reported = await deps.inspect(request, io);
  io.stdout.write(render(reported, input, io));
  if (reported.note !== null) tellWarning(io, `no look inside: ${reported.note}`);
  const { reason } = reported.report.verdict;
  if (reason !== null) {
    const { registry } = request.reference;
    tellFailure(io, reported.detail ?? reason, reported.advice ?? adviseOn(reason, registry));
  }
  return exitCodeFor(reason);
}
