import { describe, expect, test } from 'vitest';
import { ancestorsOf, parentOf, resolvePath } from '../../src/image/resolve-path.ts';

describe('paths within an image', () => {
  test.each([
    ['/', 'app.wasm', '/app.wasm'],
    ['/', './app.wasm', '/app.wasm'],
    ['/srv/', 'bin//app', '/srv/bin/app'],
    ['/srv', '/bin/app', '/bin/app'],
    ['/srv/www', '../app', '/srv/app'],
    ['/srv', '../../../etc/passwd', '/etc/passwd'],
    ['/srv', '.', '/srv'],
    ['/', '..', '/'],
    ['/', '', '/'],
    ['srv', 'app', '/srv/app'],
  ])('relative to %s, %s is %s', (base, path, expected) => {
    expect(resolvePath(base, path)).toBe(expected);
  });

  test.each([
    ['/a/b/c', '/a/b', ['/a', '/a/b']],
    ['/a', '/', []],
    ['/', '/', []],
  ])('the parent of %s is %s', (path, parent, ancestors) => {
    expect(parentOf(path)).toBe(parent);
    expect(ancestorsOf(path)).toEqual(ancestors);
  });
});
