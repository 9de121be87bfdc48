import { stringify } from 'yaml';
import { printable } from '../../admission/bounds.ts';
import type { JsonObject } from '../../image/json.ts';
import type { Page, Style } from '../page.ts';
import { unifiedDiff, type DiffLine } from '../unified-diff.ts';
import type { Reviewed } from './review-subject.ts';

const LOOKS = {
  same: [' ', []],
  added: ['+', 'green'],
  removed: ['-', 'red'],
  hunk: ['', 'cyan'],
} as const satisfies Readonly<Record<DiffLine['kind'], readonly [mark: string, style: Style | readonly []]>>;

/** For readers of YAML 1.1 too, which kubectl is: words such as `on` and `0x10` stay text. */
export function toYaml(value: JsonObject): string {
  return stringify(value, { lineWidth: 0, compat: 'yaml-1.1', aliasDuplicateObjects: false });
}

/** Tabs are part of a text; whatever else a terminal would obey is not shown. */
function printableLine(line: string): string {
  return line.split('\t').map(printable).join('\t');
}

/** What would be different, as `diff -u` shows it; empty where nothing would be. */
export function renderDiff(page: Page, review: Reviewed): string {
  if (review.kind === 'left' || review.patch.length === 0) return '';
  const { file, document, kind, namespace, name } = review.subject.source;
  const lines = unifiedDiff(toYaml(review.subject.object), toYaml(review.result)).map((line) => {
    const [mark, style] = LOOKS[line.kind];
    return page.paint(style, `${mark}${printableLine(line.text)}`);
  });
  const head = [
    `--- ${file}, document ${document}`,
    `+++ ${kind} ${namespace}/${name}, as wasmgate would have it`,
  ];
  return `${[...head.map((line) => page.paint('bold', printable(line))), ...lines].join('\n')}\n`;
}
