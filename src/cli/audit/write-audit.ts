import type { Writable } from 'node:stream';
import type { AuditReport } from '../../audit/audit-report.ts';
import { escapeJson } from '../../lib/strip-control-characters.ts';
import type { FailOptions } from '../fail-on.ts';
import { defuseLines, type Io } from '../io.ts';
import { createPage } from '../page.ts';
import { toYaml } from '../serialize.ts';
import type { AuditOutput } from './audit-outputs.ts';
import { auditPage, type PageOptions } from './html/audit-page.ts';
import { renderAudit } from './render-table.ts';

function indentedJson(value: unknown, indent: string): string {
  return escapeJson(JSON.stringify(value, null, 2)).replaceAll('\n', `\n${indent}`);
}

/** Yields what `JSON.stringify(report, null, 2)` returns: in parts, because a large cluster's report is large. */
function* jsonParts(report: AuditReport): Generator<string> {
  let before = '{';
  for (const [key, value] of Object.entries(report) as [string, unknown][]) {
    yield `${before}\n  ${JSON.stringify(key)}: `;
    before = ',';
    if (!Array.isArray(value) || value.length === 0) yield indentedJson(value, '  ');
    else {
      for (const [index, item] of (value as readonly unknown[]).entries())
        yield `${index === 0 ? '[' : ','}\n    ${indentedJson(item, '    ')}`;
      yield '\n  ]';
    }
  }
  yield '\n}\n';
}

/** Yields the report as one YAML document. */
function* yamlParts(report: AuditReport): Generator<string> {
  for (const [key, value] of Object.entries(report) as [string, unknown][]) {
    if (!Array.isArray(value) || value.length === 0) yield toYaml({ [key]: value });
    else {
      yield `${key}:\n`;
      for (const item of value as readonly unknown[]) yield toYaml([item]).replaceAll(/^(?=.)/gm, '  ');
    }
  }
}

interface Audited {
  readonly report: AuditReport;
  readonly options: FailOptions;
  readonly page: PageOptions;
}

function partsOf(output: AuditOutput, io: Io, { report, options, page }: Audited): Iterable<string> {
  switch (output) {
    case 'table':
      return [defuseLines(renderAudit(createPage(io), report, options))];
    case 'json':
      return jsonParts(report);
    case 'yaml':
      return yamlParts(report);
    case 'html':
      return auditPage(report, page);
  }
}

/** Resolves when the stream takes more, or is closed. Its failure is not for this command to handle. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      for (const event of ['drain', 'close', 'error']) stream.off(event, settle);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stream.once(event, settle);
  });
}

/** Writes the report, no faster than its reader takes it. */
export async function writeAudit(output: AuditOutput, io: Io, audited: Audited): Promise<void> {
  const { stdout } = io;
  for (const part of partsOf(output, io, audited)) {
    // In `wasmgate audit | head`, the reader may have closed the pipe.
    if (stdout.destroyed) return;
    if (!stdout.write(part)) await drained(stdout);
  }
}
