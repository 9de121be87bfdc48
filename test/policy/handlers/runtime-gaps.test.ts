import { describe, expect, test } from 'vitest';
import type { WasmVerdict } from '../../../src/detect/verdict.ts';
import { readModuleInterface } from '../../../src/image/module-interface.ts';
import { canRun } from '../../../src/policy/handlers/can-run.ts';
import type { HandlerProfile } from '../../../src/policy/handlers/handler-profiles.ts';
import { handlerTable } from '../../../src/policy/handlers/handler-table.ts';
import { missingFunction } from '../../../src/policy/handlers/runtime-gaps.ts';
import { wasmModule, type ModuleSketch } from '../../support/image/wasm-module.ts';
import { settings } from '../../support/pod/pods.ts';

function profileOf(handler: string): HandlerProfile {
  const profile = handlerTable(settings()).profileOf(handler);
  if (profile === null) throw new Error(`No handler ${handler}`);
  return profile;
}

function importing(sketch: ModuleSketch, parts: Partial<WasmVerdict> = {}): WasmVerdict {
  return {
    kind: 'wasm',
    flavour: 'wasi-image',
    shape: 'module',
    packaging: 'tar',
    firstArgument: '/app.wasm',
    module: readModuleInterface(wasmModule(sketch)),
    evidence: [],
    ...parts,
  };
}

const P1 = 'wasi_snapshot_preview1';
const HANDLERS = ['wasmtime', 'wasmedge', 'wasmer', 'wamr', 'crun', 'crun-wasm', 'lunatic', 'wasm', 'runc'];

/** Returns the handlers that are known not to offer an import. */
function lacking(verdict: WasmVerdict): readonly string[] {
  return HANDLERS.filter((handler) => missingFunction(profileOf(handler), verdict) !== null);
}

describe('imports by the host that offers them', () => {
  test.each<[string, string, number, readonly string[]]>([
    [P1, 'fd_write', 4, []],
    [P1, 'sock_send', 5, []],
    [P1, 'sock_accept', 3, ['wasmedge']],
    [P1, 'sock_accept', 2, ['wasmtime']],
    [P1, 'sock_open', 3, ['wasmtime']],
    [P1, 'sock_getaddrinfo', 8, ['wasmtime']],
    ['wasi_ephemeral_nn', 'load', 5, ['wasmtime']],
    ['wasi_ephemeral_crypto', 'hash', 1, []],
    ['wasi_unstable', 'fd_write', 4, []],
    ['lunatic::process', 'spawn', 0, ['wasmtime', 'wasmedge', 'wasmer', 'wamr', 'crun', 'crun-wasm']],
    ['wasix_32v1', 'thread_spawn', 1, ['wasmtime', 'wasmedge', 'wamr']],
    ['constructor', 'toString', 0, []],
  ])('%s.%s of %i parameters', (module, name, parameters, expected) => {
    expect(lacking(importing({ imports: [[module, name, parameters]] }))).toEqual(expected);
  });

  test('a handler like WasmEdge offers what WasmEdge does', () => {
    const like = settings({ handlers: { own: { like: 'wasmedge' } } });
    const profile = handlerTable(like).profileOf('own');
    expect(profile && missingFunction(profile, importing({ imports: [[P1, 'sock_accept', 3]] }))).toContain(
      'sock_accept of 3 parameters',
    );
  });

  test('the Lunatic shim runs modules that import its functions; others stay unknown', () => {
    const lunatic = profileOf('lunatic');
    expect(canRun(lunatic, importing({ imports: [['lunatic::message', 'send', 1]] })).runs).toBe('yes');
    expect(canRun(lunatic, importing({})).runs).toBe('unknown');
  });
});

describe('a module without _start', () => {
  const reactor = { exports: ['add', 'memory'] };

  test('does not start on a plain engine', () => {
    expect(lacking(importing(reactor))).toEqual([
      'wasmtime',
      'wasmedge',
      'wasmer',
      'wamr',
      'crun',
      'crun-wasm',
    ]);
    expect(missingFunction(profileOf('wasmtime'), importing(reactor))).toContain('_start');
  });

  test('starts if the entrypoint names another function', () => {
    expect(lacking(importing(reactor, { firstArgument: '/app.wasm#add' }))).toEqual([]);
  });

  test('reports nothing if the exports were not read', () => {
    expect(lacking(importing({ exports: null }))).toEqual([]);
    const { module: _seen, ...unseen } = importing(reactor);
    expect(lacking(unseen)).toEqual([]);
  });
});

test("a component's interfaces come from its config", () => {
  const component = (...interfaces: readonly string[]): WasmVerdict => {
    const { module: _seen, ...rest } = importing({}, { flavour: 'oci-component', shape: 'component' });
    return { ...rest, packaging: 'oci-layer', interfaces };
  };
  expect(lacking(component('wasi:cli/environment@0.2.3', 'wasi:sockets/tcp@0.2.0'))).toEqual([]);
  expect(lacking(component('wasi:io/streams@0.2.0', 'fermyon:spin/llm@2.0.0'))).toEqual(['wasmtime']);
});
