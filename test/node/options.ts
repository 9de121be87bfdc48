import { readFlags, UsageError } from '../support/cli/read-flags.ts';

export const HELP = `Run wasmgate's tests on a real node: control plane, kubelet, containerd, runc and
a Wasm shim on this machine, and wasmgate as its own Deployment. Needs root.

Usage
  npm run test:node -- [flags] [FILE ...]

Without files, all tests run, unless --keep or --record is given.

Flags
  --keep      Start the node and leave it running. Without files, run no tests.
              Later runs use this node, with wasmgate from their checkout.
  --down      Stop a kept node, or what a killed run has left.
  --record    Instead of the tests, run every image of test/images, and some
              more, on every handler, and write test/node/measured.json.
  --install   First install the Debian packages that are missing.
  -h, --help  Show this help.

Environment
  WASMGATE_NODE=required   Fail instead of skipping if something is missing.
  WASMGATE_CRUN=FILE       A crun with a Wasm engine, for the handlers crun,
                           crun-plain and crun-wasm.
  WASMGATE_CRUN_ENGINE=TEXT
                           That engine and its version, for --record, such as
                           "WasmEdge 0.17.1": crun does not print the version.
  WASMGATE_SHIMS=FOLDER    Programs containerd-shim-NAME-v1 or -v2. Each gets the
                           handler NAME; wasmtime gets wasmtime-upstream.

test/node/README.md says what a run needs and how long it takes.
`;

export interface RunOptions {
  readonly kind: 'run';
  readonly keep: boolean;
  readonly record: boolean;
  readonly install: boolean;
  /** Paths of test files; all if there are none. */
  readonly files: readonly string[];
}

export type Options = { readonly kind: 'help' | 'down' } | RunOptions;

const FLAGS = {
  keep: { type: 'boolean' },
  down: { type: 'boolean' },
  record: { type: 'boolean' },
  install: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Parses the command line.
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): Options {
  const { flags, positionals: files } = readFlags(args, FLAGS);
  if (flags.has('help')) return { kind: 'help' };
  if (flags.has('down')) {
    if (flags.size > 1 || files.length > 0) {
      throw new UsageError('--down only stops the node: it takes no other flag and no file.');
    }
    return { kind: 'down' };
  }
  const record = flags.has('record');
  if (record && files.length > 0) throw new UsageError('--record runs no tests, so it takes no file.');
  return { kind: 'run', keep: flags.has('keep'), install: flags.has('install'), record, files };
}
