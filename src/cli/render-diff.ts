import type { Page, Style } from './page.ts';
import { toYaml } from './to-yaml.ts';
import { unifiedDiff, type DiffLine } from './unified-diff.ts';

const LOOKS = {
  same: [' ', []],
  added: ['+', 'green'],
  removed: ['-', 'red'],
  hunk: ['', 'cyan'],
} as const satisfies Readonly<Record<DiffLine['kind'], readonly [mark: string, style: Style | readonly []]>>;

/** What two objects differ in, as YAML, line by line as `diff -u` shows it; empty where they are the same. */
export function renderDiff({ paint }: Page, before: object, after: object): readonly string[] {
  return unifiedDiff(toYaml(before), toYaml(after)).map(({ kind, text }) => {
    const [mark, style] = LOOKS[kind];
    return paint(style, `${mark}${text}`);
  });
}
