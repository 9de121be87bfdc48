import type { Writable } from 'node:stream';
import type { ImageReport, DescribedImage } from '../../assess/inspect/image-report.ts';
import { stripControlCharacters } from '../../lib/strip-control-characters.ts';
import { createPage } from '../page.ts';
import { table, wrap, type Row } from '../text.ts';

const DEFAULTS = {
  /** An image's own words may be of any length; two and a half lines tell them apart. */
  valueCharacters: 200,
  /** Narrower terminals have no room for a third column. */
  columnsForThree: 60,
} as const;

function shorten(text: string): string {
  const clean = stripControlCharacters(text);
  const { valueCharacters } = DEFAULTS;
  return clean.length > valueCharacters ? `${clean.slice(0, valueCharacters)}…` : clean;
}

function describeKind({ report, what }: DescribedImage): string {
  const { kind, flavour, shape } = report.verdict;
  const details = [flavour, shape].filter((detail) => detail !== null);
  return `${kind}: ${what}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}

function pullRows({ report: { pull }, pulls }: DescribedImage): readonly Row[] {
  if (pulls === null) return [];
  const rows: readonly Row[] = [['Pulls', shorten(pulls)]];
  return pull.insteadUse === null ? rows : [...rows, ['Instead', pull.insteadUse]];
}

function imageRows(reported: DescribedImage): readonly Row[] {
  const { digest, mediaType } = reported.report;
  return [
    ['Image', describeKind(reported)],
    ...(digest === null ? [] : [['Digest', digest] as const]),
    ...(mediaType === null || mediaType === '' ? [] : [['Type', shorten(mediaType)] as const]),
    ...pullRows(reported),
  ];
}

function evidenceRows({ evidence }: ImageReport, columns: number): string {
  return evidence
    .map(({ field, value, meaning }) => {
      const said = value === '' ? '(empty)' : shorten(value);
      return `${wrap(`${shorten(field)}: ${said}`, columns, '  ')}\n${wrap(meaning, columns, '      ')}`;
    })
    .join('\n');
}

function handlerRows({ handlers }: ImageReport, columns: number): string {
  const entries = Object.entries(handlers);
  if (columns < DEFAULTS.columnsForThree) {
    const rows = entries.map(
      ([name, { runs, why }]) => `  ${name}: ${runs}\n${wrap(why, columns, '      ')}`,
    );
    return rows.join('\n');
  }
  const width = Math.max(...entries.map(([name]) => name.length));
  return table(
    entries.map(([name, { runs, why }]) => [`${name.padEnd(width)}  ${runs}`, why]),
    columns,
  );
}

function describeTraffic({ requests, bytes }: ImageReport): string {
  return `${requests} ${requests === 1 ? 'request' : 'requests'}, ${bytes.toLocaleString('en')} bytes read`;
}

/** For people, at the width of their terminal; what comes from the image is made harmless. */
export function renderTable(reported: DescribedImage, stream: Writable): string {
  const { report } = reported;
  const { columns, paint } = createPage(stream);
  const sections: readonly (readonly [title: string, body: string])[] = [
    [report.reference, table(imageRows(reported), columns)],
    ['Evidence', evidenceRows(report, columns)],
    ['Handlers', handlerRows(report, columns)],
  ];
  const shown = sections.filter(([, body]) => body !== '');
  return `${shown.map(([title, body]) => `${paint('bold', stripControlCharacters(title))}\n${body}\n`).join('\n')}\n${describeTraffic(report)}\n`;
}
