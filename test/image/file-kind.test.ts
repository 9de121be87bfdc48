import { describe, expect, test } from 'vitest';
import { sniffFile } from '../../src/image/file-kind.ts';

describe('sniffFile', () => {
  test.each<[string, readonly number[], string]>([
    ['a core module', [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], 'module'],
    ['a component', [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], 'component'],
    ['a component of an older draft', [0, 0x61, 0x73, 0x6d, 0x0a, 0, 1, 0], 'component'],
    ['a module of an unknown version', [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0], 'other'],
    ['an unknown layer', [0, 0x61, 0x73, 0x6d, 1, 0, 2, 0], 'other'],
    ['only a magic number', [0, 0x61, 0x73, 0x6d], 'other'],
    ['half a component', [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1], 'other'],
    ['an ELF program', [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0], 'elf'],
    ['a script', [0x23, 0x21, 0x2f, 0x62], 'script'],
    ['WebAssembly text', [0x28, 0x6d, 0x6f, 0x64, 0x75, 0x6c, 0x65], 'other'],
    ['an empty file', [], 'other'],
  ])('%s', (_case, bytes, kind) => {
    expect(sniffFile(Uint8Array.from(bytes))).toBe(kind);
  });
});
