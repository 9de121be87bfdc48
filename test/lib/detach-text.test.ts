import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { detachText } from '../../src/lib/detach-text.ts';

const MIB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test.for(['', 'app', '"\\\n', 'zwölf €', '\u{1F600}', '\uD83D', '__proto__'])(
  '%j stays the same text',
  (text) => {
    expect(detachText(text)).toBe(text);
  },
);

test('a part of a text does not keep the whole', () => {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const parts = Array.from({ length: 20 }, (_, index) => {
    const whole = JSON.parse(JSON.stringify(`${index}`.padEnd(MIB, 'x'))) as string;
    return detachText(whole.slice(0, 60));
  });
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(MIB);
  expect(parts).toHaveLength(20);
});
