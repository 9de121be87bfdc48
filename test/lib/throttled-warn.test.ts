import { expect, test } from 'vitest';
import { THROTTLE_LIMITS, throttledWarn } from '../../src/lib/throttled-warn.ts';

test('logs some of a thousand warnings, and how many it dropped with the next one', () => {
  const lines: [fields: object, message: string][] = [];
  const warn = (fields: object, message: string): void => void lines.push([fields, message]);
  let time = 0;
  const throttled = throttledWarn({ warn }, 'it failed', { now: () => time });
  for (let image = 0; image < THROTTLE_LIMITS.most + 1000; image += 1) throttled({ image });
  expect(lines).toHaveLength(THROTTLE_LIMITS.most);
  expect(lines[0]).toEqual([{ image: 0 }, 'it failed']);
  time += THROTTLE_LIMITS.milliseconds;
  throttled({ image: 'late' });
  throttled({ image: 'later' });
  expect(lines.slice(THROTTLE_LIMITS.most)).toEqual([
    [{ dropped: 1000 }, 'it failed; more such warnings were dropped'],
    [{ image: 'late' }, 'it failed'],
    [{ image: 'later' }, 'it failed'],
  ]);
});
