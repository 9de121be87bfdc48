import { expect, test } from 'vitest';
import { parseImageConfig } from '../../src/image/image-config.ts';
import { formatPlatform, parsePlatform } from '../../src/image/platform.ts';

/** Rows of containerd/platforms, `TestParseSelector` and `TestNormalize`, as image documents write them. */
test.each([
  [{ architecture: 'arm' }, 'linux/arm/v7'],
  [{ architecture: 'arm', variant: '' }, 'linux/arm/v7'],
  [{ architecture: 'arm', variant: 'v7' }, 'linux/arm/v7'],
  [{ architecture: 'arm', variant: '6' }, 'linux/arm/v6'],
  [{ architecture: 'ARM', variant: 'V5' }, 'linux/arm/v5'],
  [{ architecture: 'armhf' }, 'linux/arm/v7'],
  [{ architecture: 'armhf', variant: 'v6' }, 'linux/arm/v7'],
  [{ architecture: 'armel' }, 'linux/arm/v6'],
  [{ architecture: 'arm64', variant: 'v8' }, 'linux/arm64'],
  [{ architecture: 'arm64', variant: '8' }, 'linux/arm64'],
  [{ architecture: 'arm64', variant: 'v9' }, 'linux/arm64/v9'],
  [{ architecture: 'aarch64', variant: 'v8' }, 'linux/arm64'],
  [{ architecture: 'i386', variant: 'x' }, 'linux/386'],
  [{ architecture: 'x86_64' }, 'linux/amd64'],
  [{ architecture: 'x86-64', variant: 'v1' }, 'linux/amd64'],
  [{ architecture: 'amd64', variant: 'v3' }, 'linux/amd64/v3'],
  [{ architecture: 'constructor' }, 'linux/constructor'],
])('%o is %s', (stated, expected) => {
  const { platform } = parseImageConfig({ os: 'linux', ...stated });
  expect(formatPlatform(platform)).toBe(expected);
});

test.each([
  ['linux/arm', 'linux/arm'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['linux/armel', 'linux/arm/v6'],
  ['linux/aarch64', 'linux/arm64'],
])('parses platform %s as %s, where no variant means any', (text, expected) => {
  const platform = parsePlatform(text);
  expect(platform === null ? null : formatPlatform(platform)).toBe(expected);
});
