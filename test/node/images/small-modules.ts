/**
 * A core module for WASI preview 1 that prints a line and then sleeps for an hour, as a server waits for requests. Its last eight
 * bytes are the duration. It is assembled from this text:
 *
 *     (module
 *       (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
 *       (import "wasi_snapshot_preview1" "poll_oneoff" (func $p (param i32 i32 i32 i32) (result i32)))
 *       (memory (export "memory") 1)
 *       (data (i32.const 0)                           ;; what is printed, and a subscription to the monotonic clock
 *         "\10\00\00\00\10\00\00\00" "\00\00\00\00\00\00\00\00" "hello from wasm\n"
 *         "\00\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00" "\01\00\00\00\00\00\00\00" "\00\a0\b8\30\46\03\00\00")
 *       (func (export "_start")
 *         (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
 *         (drop (call $p (i32.const 32) (i32.const 96) (i32.const 1) (i32.const 8)))))
 */
export const SLEEPING_MODULE: Uint8Array = Buffer.from(
  'AGFzbQEAAAABDAJgBH9/f38Bf2AAAAJIAhZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCGZkX3dyaXRlAAAWd2FzaV9zbmFwc2hvdF9wcmV2aWV3MQtw' +
    'b2xsX29uZW9mZgAAAwIBAQUDAQABBxMCBm1lbW9yeQIABl9zdGFydAACChsBGQBBAUEAQQFBCBAAGkEgQeAAQQFBCBABGgsLRgEAQQALQBAAAAAQ' +
    'AAAAAAAAAAAAAABoZWxsbyBmcm9tIHdhc20KAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAKC4MEYDAAA=',
  'base64',
);

/**
 * The module that prints and ends, as a job does. It lingers for 0.3 s, because containerd loses the output of a container that
 * ends before containerd has opened its end of the pipe, which takes long on a busy machine.
 */
export const SMALL_MODULE: Uint8Array = sleepingFor(300_000_000n);

function sleepingFor(nanoseconds: bigint): Uint8Array {
  const module = Buffer.from(SLEEPING_MODULE);
  module.writeBigUInt64LE(nanoseconds, module.length - 8);
  return module;
}
