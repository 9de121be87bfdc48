import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { linkedLibraries } from '../../.ci/image/linked-libraries.ts';

describe('linkedLibraries', () => {
  test.skipIf(process.platform !== 'linux')('reads what Node is linked with, as its report does', () => {
    const linked = linkedLibraries(readFileSync(process.execPath));
    expect(linked.architecture).toBe(process.arch === 'x64' ? 'amd64' : process.arch);
    expect(linked.interpreter).toMatch(/^\/lib.*\/ld-linux/);
    // The report lists files that are loaded: all of these, and what they need in turn.
    const { sharedObjects } = process.report.getReport() as { readonly sharedObjects: readonly string[] };
    const loaded = sharedObjects.map((path) => path.split('/').at(-1));
    expect(linked.needed).toContain('libc.so.6');
    expect(loaded).toEqual(expect.arrayContaining([...linked.needed]));
  });

  test.each([
    ['a script', Buffer.from('#!/bin/sh\n')],
    ['a 32-bit program', Buffer.from('\u007FELF\u0001\u0001')],
  ])('rejects %s', (_case, file) => {
    expect(() => linkedLibraries(file)).toThrow('no 64-bit little-endian ELF file');
  });
});
