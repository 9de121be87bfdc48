/**
 * A core module for WASI preview 1, assembled from this text:
 *
 *     (module
 *       (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
 *       (memory (export "memory") 1)
 *       (data (i32.const 16) "hello from wasm\n")
 *       (data (i32.const 0) "\10\00\00\00\10\00\00\00")
 *       (func (export "_start")
 *         (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
 */
export const HELLO_MODULE: Uint8Array = Buffer.from(
  'AGFzbQEAAAABDAJgBH9/f38Bf2AAAAIjARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCGZkX3dyaXRlAAADAgEBBQMBAAEHEwIGbWVtb3J5AgAG' +
    'X3N0YXJ0AAEKDwENAEEBQQBBAUEIEAAaCwsjAgBBEAsQaGVsbG8gZnJvbSB3YXNtCgBBAAsIEAAAABAAAAAACwRuYW1lAQQBAAF3',
  'base64',
);

/**
 * A component that runs as a command and does nothing:
 *
 *     (component
 *       (core module $m (func (export "run") (result i32) i32.const 0))
 *       (core instance $i (instantiate $m))
 *       (func $run (result (result)) (canon lift (core func $i "run")))
 *       (instance $cli (export "run" (func $run)))
 *       (export "wasi:cli/run@0.2.0" (instance $cli)))
 */
export const COMMAND_COMPONENT: Uint8Array = Buffer.from(
  'AGFzbQ0AAQABLwBhc20BAAAAAQUBYAABfwMCAQAHBwEDcnVuAAAKBgEEAEEACwAJBG5hbWUAAgFtAgQBAAAABwgCagAAQAAAAAYJAQAAAQAD' +
    'cnVuCAYBAAAAAAEFCgEBAQADcnVuAQALGAEAEndhc2k6Y2xpL3J1bkAwLjIuMAUAAAAxDmNvbXBvbmVudC1uYW1lAQYAEQEAAW0BBgASAQAB' +
    'aQEHAQEAA3J1bgEHBQEAA2NsaQ==',
  'base64',
);
