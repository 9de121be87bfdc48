import type { Page } from '../page.ts';
import { wrap } from '../text.ts';
import { toYaml } from '../to-yaml.ts';
import { checkScene, type Played } from './check-scenes.ts';
import { INDENT, renderLabel, renderTitle } from './page.ts';
import { renderAnswer } from './render-answer.ts';
import { renderImage } from './render-image.ts';

/** What came in, what its images are and why, what was answered. */
export function renderScene(page: Page, played: Played, position: string): string {
  const { scene, containers } = played;
  const yaml = toYaml(scene.pod).trimEnd().split('\n');
  const broken = checkScene(played);
  return [
    renderTitle(page, `${position} · ${scene.title}`),
    wrap(scene.story, page.columns, '  '),
    '',
    renderLabel(page, 'Came in'),
    ...yaml.map((line) => INDENT + line),
    renderLabel(page, containers.length === 1 ? 'Its image' : 'Its images'),
    ...containers.flatMap((shown) => renderImage(page, shown)),
    ...renderAnswer(page, played),
    ...broken.map((what) => page.paint(['bold', 'red'], `  NOT AS PROMISED: ${what}`)),
    '',
    '',
  ].join('\n');
}
