import { describe, expect, test } from 'vitest';
import { resembledProfile } from '../../../src/policy/handlers/handler-names.ts';
import { HANDLER_PROFILES } from '../../../src/policy/handlers/handler-profiles.ts';

describe('the profile that the name of an unknown handler resembles', () => {
  test.each([
    ['crun-wasmtime', 'crun'],
    ['crun-wasmedge', 'crun'],
    ['my-crun', 'crun'],
    ['crun-wasm-1-8', 'crun-wasm'],
    ['wasmtimed', 'wasmtime'],
    ['io-containerd-wasmtime-v1', 'wasmtime'],
    ['runwasi-wasmedge', 'wasmedge'],
    ['wasm-edge', 'wasmedge'],
    ['wasmer2', 'wasmer'],
    ['wasmtime-spin', 'spin'],
    ['wasmtime-slight', 'slight'],
    ['containerd-shim-spin-v2', 'spin'],
    ['spin2', 'spin'],
    ['our-wasm', 'wasm'],
    ['runc-debug', 'runc'],
  ])('%s: %s', (handler, name) => {
    expect(resembledProfile(handler)?.name).toBe(name);
  });

  test.each(['nvidia', 'runsc', 'kata', 'kata-qemu', 'krun', 'youki', 'gvisor', 'wasmcloud', 'respin'])(
    '%s: none',
    (handler) => {
      expect(resembledProfile(handler)).toBeNull();
    },
  );

  test.each(HANDLER_PROFILES)('$name resembles itself', (profile) => {
    expect(resembledProfile(profile.name)).toBe(profile);
  });
});
