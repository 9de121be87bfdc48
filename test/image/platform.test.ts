import { expect, test } from 'vitest';
import { parseImageConfig } from '../../src/image/image-config.ts';
import { formatPlatform } from '../../src/image/platform.ts';

test.each([
  ['absent', {}, 'linux/arm'],
  ['empty', { variant: '' }, 'linux/arm'],
  ['named', { variant: 'v7' }, 'linux/arm/v7'],
])('a platform whose variant is %s', (_, stated, expected) => {
  const { platform } = parseImageConfig({ os: 'linux', architecture: 'arm', ...stated });
  expect(formatPlatform(platform)).toBe(expected);
});
