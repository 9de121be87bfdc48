import { expect, test } from 'vitest';
import { DEFAULTS, throttledWarn } from '../../src/lib/throttled-warn.ts';

test('some are told, a thousand more are not, and how many those were comes with the next', () => {
  const lines: [fields: object, message: string][] = [];
  const warn = (fields: object, message: string): void => void lines.push([fields, message]);
  let time = 0;
  const tell = throttledWarn({ warn }, 'it failed', { now: () => time });
  for (let image = 0; image < DEFAULTS.most + 1000; image += 1) tell({ image });
  expect(lines).toHaveLength(DEFAULTS.most);
  expect(lines[0]).toEqual([{ image: 0 }, 'it failed']);
  time += DEFAULTS.milliseconds;
  tell({ image: 'late' });
  tell({ image: 'later' });
  expect(lines.slice(DEFAULTS.most)).toEqual([
    [{ untold: 1000 }, 'it failed, more often than was told'],
    [{ image: 'late' }, 'it failed'],
    [{ image: 'later' }, 'it failed'],
  ]);
});
