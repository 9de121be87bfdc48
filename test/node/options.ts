import { parseArgs } from 'node:util';
import { didYouMean } from '../../src/lib/nearest-name.ts';

export const HELP = `Run wasmgate's tests on a real node: control plane, kubelet, containerd, runc and
a Wasm shim on this machine, and wasmgate as its own Deployment. Needs root.

Usage
  npm run test:node -- [flags] [FILE ...]

Without files, all tests run.

Flags
  --keep      Start the node and leave it running. Without files, run no tests.
              Later runs use this node, with wasmgate from their checkout.
  --down      Stop a kept node, or what a killed run has left.
  --record    Run each image of the corpus under every handler instead of the
              tests, and write test/node/measured.json.
  --install   First install the Debian packages that are missing.
  -h, --help  Show this help.

Environment
  WASMGATE_NODE=required   Fail instead of skipping if something is missing.
  WASMGATE_CRUN=FILE       A crun with a Wasm engine, for the handlers crun,
                           crun-plain and crun-wasm.
  WASMGATE_CRUN_ENGINE=TEXT
                           That engine and its version, for --record, such as
                           "WasmEdge 0.17.1": crun does not print the version.
  WASMGATE_SHIMS=FOLDER    Programs containerd-shim-NAME-v1 or -v2. Each gets a
                           handler NAME.

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

const FLAGS = ['keep', 'down', 'record', 'install', 'help'] as const;

/** An invalid command line. */
export class UsageError extends Error {}

/**
 * Parses the command line.
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): Options {
  const { flags, files } = readTokens(args);
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

function readTokens(args: readonly string[]): {
  readonly flags: ReadonlySet<string>;
  readonly files: readonly string[];
} {
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(FLAGS.map((name) => [name, { type: 'boolean' } as const])),
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
    // Node's own errors suggest no flag.
    strict: false,
    tokens: true,
  });
  const flags = new Set<string>();
  const files: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') files.push(token.value);
    if (token.kind !== 'option') continue;
    if (!(FLAGS as readonly string[]).includes(token.name)) {
      const known = FLAGS.map((name) => `--${name}`);
      throw new UsageError(`There is no flag "${token.rawName}".${didYouMean(token.rawName, known)}`);
    }
    if (token.value !== undefined) throw new UsageError(`The flag "${token.rawName}" takes no value.`);
    flags.add(token.name);
  }
  return { flags, files };
}
