import type { FindingId } from '../../../../src/policy/finding-catalog.ts';
import { type FindingEvidence, notShown, podOf, shown } from './node-case.ts';

const ON_WASMTIME = { runtimeClassName: 'wasmtime' };

/** What is found about the class and about what its handler runs. */
export const CLASS_FINDINGS = {
  'runtime-class-missing': shown({
    kind: 'rejected',
    what: 'a class that does not exist',
    pod: podOf('wasi-module', {}, { runtimeClassName: 'no-such-class' }),
    named: ['pod rejected: RuntimeClass "', '" not found'],
    shows: ['event FailedCreate', 'pod rejected: RuntimeClass "no-such-class" not found'],
  }),
  'runtime-class-required': notShown(
    'A rule of the scenario wasm-first, which the suite does not install. Nothing fails on the node.',
  ),
  'no-runtime-class-for-image': shown(
    {
      kind: 'denied',
      what: 'a file of WebAssembly text',
      pod: podOf('text'),
      lacks: 'crun',
      named: ['StartError', 'permission denied'],
      shows: ['exec: "/hello.wat": permission denied'],
    },
    {
      kind: 'denied',
      what: 'an executable file of WebAssembly text',
      pod: podOf('executable-text'),
      lacks: 'crun',
      named: ['exec format error'],
    },
    {
      kind: 'denied',
      what: 'a slight application',
      pod: podOf('fault-slight'),
      named: ['no command specified'],
      shows: ['CreateContainerError'],
    },
    {
      kind: 'denied',
      what: 'a Wasm layer behind an index',
      pod: podOf('indexed-layer'),
      named: ['StartError'],
      shows: ['exec: "app.wasm": executable file not found in $PATH'],
    },
  ),
  'mixed-handlers-needed': shown({
    kind: 'denied',
    what: 'a Spin application and a module in one Pod; the node runs it under class wasmtime',
    pod: {
      spec: {
        containers: [
          { name: 'app', image: 'fault-spin', command: ['/'] },
          { name: 'module', image: 'wasi-module' },
        ],
      },
    },
    under: 'wasmtime',
    named: ["wasmtime executor can't handle spec"],
    shows: ['app: StartError, exit code 128', 'module: Completed, exit code 0'],
  }),
  'handler-cannot-run-image': shown(
    {
      kind: 'denied',
      what: 'a module file under class runc',
      pod: podOf('linux-module', {}, { runtimeClassName: 'runc' }),
      named: ['exec: "/app.wasm": permission denied'],
      shows: ['StartError, exit code 128'],
    },
    {
      kind: 'denied',
      what: 'an executable module file under class runc',
      pod: podOf('executable-module', {}, { runtimeClassName: 'runc' }),
      named: ['exec format error'],
      shows: ['Error, exit code 255'],
    },
    {
      kind: 'denied',
      what: 'a Wasm layer under class runc',
      pod: podOf('fault-layer', {}, { runtimeClassName: 'runc' }),
      named: ['executable file not found in $PATH'],
      shows: ['StartError, exit code 128'],
    },
    {
      kind: 'denied',
      what: 'a Spin application under class runc',
      pod: podOf('fault-spin', { command: ['/'] }, { runtimeClassName: 'runc' }),
      named: ['exec: "/": is a directory'],
      shows: ['StartError, exit code 128'],
    },
    {
      kind: 'denied',
      what: 'a Spin application under class wasmtime',
      pod: podOf('fault-spin', { command: ['/'] }, ON_WASMTIME),
      named: ["wasmtime executor can't handle spec"],
      shows: ['StartError, exit code 128'],
    },
    {
      kind: 'denied',
      what: 'a Spin application in a file system under class wasmtime',
      pod: podOf('spin-files', {}, ON_WASMTIME),
      named: ["wasmtime executor can't handle spec"],
      shows: ['StartError, exit code 128'],
    },
    {
      kind: 'denied',
      what: 'a Wasm layer behind an index under class wasmtime',
      pod: podOf('indexed-layer', {}, ON_WASMTIME),
      named: ["wasmtime executor can't handle spec"],
      shows: ['StartError, exit code 128'],
    },
  ),
  'handler-may-not-run-image': shown(
    {
      kind: 'warned',
      what: 'a module without _start',
      pod: podOf('reactor', {}, ON_WASMTIME),
      named: ['exit code 137', 'empty log'],
      shows: ['app: Error, exit code 137'],
    },
    {
      kind: 'warned',
      what: "a module that imports Lunatic's functions",
      pod: podOf('lunatic-module', {}, ON_WASMTIME),
      named: ['exit code 137', 'empty log'],
      shows: ['app: Error, exit code 137'],
    },
    {
      kind: 'warned',
      what: 'a working directory that does not exist',
      pod: podOf('linux-module', { workingDir: '/nowhere' }, ON_WASMTIME),
      named: ['StartError', 'failed to unix syscall'],
    },
    {
      kind: 'warned',
      what: 'a module that is only on PATH',
      pod: podOf('module-on-path', {}, ON_WASMTIME),
      named: ['StartError', "wasmtime executor can't handle spec"],
    },
    {
      kind: 'warned',
      what: 'a module beyond what wasmgate reads of a layer, which runs',
      pod: podOf('distant-module'),
      named: [],
      shows: ['app: Completed, exit code 0', 'log of app: hello from wasm'],
    },
    {
      kind: 'warned',
      what: 'a Linux program beyond what wasmgate reads of a layer, which runs',
      pod: podOf('distant-program'),
      also: ['packaging-advice'],
      named: [],
      shows: ['app: Completed, exit code 0', 'log of app: a distant Linux program'],
    },
    {
      kind: 'warned',
      what: 'a shell as the command of an image for wasi/wasm, under class wasmtime',
      pod: podOf('wasi-module', { command: ['/bin/sh', '-c', '/app.wasm'] }, ON_WASMTIME),
      also: ['command-not-in-image'],
      named: ['StartError', "wasmtime executor can't handle spec"],
    },
  ),
  'wasm-entry-not-taken': shown({
    kind: 'warned',
    what: 'an index of Linux and wasi/wasm under class wasmtime',
    pod: podOf('linux-and-wasi-index', {}, ON_WASMTIME),
    named: [],
    shows: ['app: Completed, exit code 0', 'log of app: the Linux entry'],
  }),
  'wasm-image-without-runtime-class': shown({
    kind: 'denied',
    what: 'a module in a namespace that the mutating webhook is not called for',
    pod: podOf('linux-module'),
    namespaces: 'unchanged',
    named: ['exec: "/app.wasm": permission denied'],
    shows: ['StartError, exit code 128'],
  }),
} as const satisfies Partial<Record<FindingId, FindingEvidence>>;
