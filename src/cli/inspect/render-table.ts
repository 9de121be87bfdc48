import type { DescribedImage, HandlerReport, ImageReport } from '../../assess/inspect/image-report.ts';
import type { DescribedWasmFile } from '../../assess/inspect/wasm-file-report.ts';
import { stripControlCharacters } from '../../lib/strip-control-characters.ts';
import type { Io } from '../io.ts';
import { createPage, table, wrap, type Page, type Row } from '../page.ts';

/** Values from an image can have any length; two and a half lines are enough to tell them apart. */
const MAX_VALUE_CHARACTERS = 200;

function shorten(text: string): string {
  const clean = stripControlCharacters(text);
  return clean.length > MAX_VALUE_CHARACTERS ? `${clean.slice(0, MAX_VALUE_CHARACTERS)}…` : clean;
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

function imageRows(described: DescribedImage): readonly Row[] {
  const { digest, mediaType } = described.report;
  return [
    ['Image', describeKind(described)],
    ...(described.file === null ? [] : [['File', shorten(described.file)] as const]),
    ...(digest === null ? [] : [['Digest', digest] as const]),
    ...(mediaType === null || mediaType === '' ? [] : [['Type', shorten(mediaType)] as const]),
    ...pullRows(described),
  ];
}

function evidenceRows({ evidence }: ImageReport, { columns, width }: Page): string {
  return evidence
    .map(({ field, value, meaning }) => {
      const text = value === '' ? '(empty)' : shorten(value);
      return `${wrap(`${shorten(field)}: ${text}`, width, '  ')}\n${wrap(meaning, columns, '      ')}`;
    })
    .join('\n');
}

/** Handlers that run the image come first. */
const ANSWERS = ['yes', 'conditional', 'unknown', 'no'] as const satisfies readonly HandlerReport['runs'][];

/** Lists handlers with the same answer for the same reason together: many images run nowhere, or on one handler of twelve. */
function handlerRows({ handlers }: ImageReport, columns: number): string {
  const rows = ANSWERS.flatMap((answer) => {
    const reports = Object.entries(handlers).filter(([, { runs }]) => runs === answer);
    const byReason = Map.groupBy(reports, ([, { why }]) => why);
    return [...byReason].map(([why, group], index): Row => {
      const names = group.map(([name]) => name).join(', ');
      return [index === 0 ? answer : '', `${names}: ${why}`];
    });
  });
  return table(rows, columns);
}

function describeTraffic({ requests, bytes }: ImageReport): string {
  return `${requests} ${requests === 1 ? 'request' : 'requests'}, ${bytes.toLocaleString('en')} bytes read`;
}

/** What each packaging of a Wasm file is, and what makes it. */
const PACKAGED: Readonly<Record<string, string>> = {
  artifact: 'As an OCI artifact (wkg oci push, oras push)',
  'wasi-image': 'As the entrypoint of an image for wasi/wasm (docker buildx build --platform wasi/wasm)',
  'linux-image': 'As the entrypoint of an image for Linux',
};

type Section = readonly [title: string, body: string];

function renderSections(sections: readonly Section[], { paint }: Pick<Page, 'paint'>): string {
  const shown = sections.filter(([, body]) => body !== '');
  return shown
    .map(([title, body]) => `${paint('bold', stripControlCharacters(title))}\n${body}\n`)
    .join('\n');
}

/** Renders what a Wasm file would be in each packaging, for the terminal's width. */
export function renderWasmFile({ file, shape, packaged }: DescribedWasmFile, io: Io): string {
  const page = createPage(io);
  const what =
    shape === 'module' ? 'a core module' : 'a component, assumed to export a command or an HTTP handler';
  return renderSections(
    [
      [file, table([['File', `${what}; what runs it depends on how it is packaged`]], page.columns)],
      ...packaged.map(({ packaging, image }): Section => {
        const rows: readonly Row[] = [['Image', describeKind(image)], ...pullRows(image)];
        return [
          PACKAGED[packaging] ?? packaging,
          `${table(rows, page.columns)}\n${handlerRows(image.report, page.columns)}`,
        ];
      }),
    ],
    page,
  );
}

/** Renders for the terminal's width; control characters in values from the image are removed. */
export function renderTable(described: DescribedImage, io: Io): string {
  const { report } = described;
  const page = createPage(io);
  const { columns } = page;
  const sections: readonly Section[] = [
    [report.reference, table(imageRows(described), columns)],
    ['Evidence', evidenceRows(report, page)],
    ['Handlers', handlerRows(report, columns)],
  ];
  const traffic = described.file === null ? `\n${describeTraffic(report)}\n` : '';
  return `${renderSections(sections, page)}${traffic}`;
}
