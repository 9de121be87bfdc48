import type { Verdict } from '../../detect/verdict.ts';
import type { ModuleImport } from '../../image/module-interface.ts';
import type { Engine, HandlerProfile, HostFunctions } from './handler-profiles.ts';

const PREVIEW_1 = 'wasi_snapshot_preview1';

/** Sockets that WasmEdge adds to preview 1 (WasmEdge lib/host/wasi/wasimodule.cpp), in a first and a second version. */
const WASMEDGE_SOCKETS: ReadonlySet<string> = new Set(
  [
    'open bind connect listen getsockopt setsockopt getaddrinfo getpeeraddr getlocaladdr send_to recv_from',
    'open_v2 bind_v2 connect_v2 listen_v2 accept_v2 getpeeraddr_v2 getlocaladdr_v2 send_to_v2 recv_from_v2 recv_v2',
  ].flatMap((names) => names.split(' ').map((name) => `sock_${name}`)),
);

/** Parameters of `sock_accept` in preview 1, and in WasmEdge, which introduced it earlier. */
const ACCEPT_PARAMETERS = { standard: 3, wasmedge: 2 } as const;

/** Import modules of a plugin or a build option, and the engines known to lack them. The Wasmtime shim lacks wasi-nn (measured). */
const LACKING: Readonly<Record<string, readonly HostFunctions[]>> = {
  wasi_unstable: [],
  wasi_ephemeral_nn: ['wasmtime'],
  wasi_ephemeral_crypto: [],
};

function lacksPreview1({ name, parameters }: ModuleImport, functions: HostFunctions): boolean {
  if (name === 'sock_accept' && parameters !== null) {
    if (functions === 'wasmtime') return parameters === ACCEPT_PARAMETERS.wasmedge;
    return functions === 'wasmedge' && parameters === ACCEPT_PARAMETERS.standard;
  }
  // Image facts record no other imports of preview 1.
  return functions === 'wasmtime' && WASMEDGE_SOCKETS.has(name);
}

function isFromLunatic({ module }: ModuleImport): boolean {
  return module.startsWith('lunatic::');
}

/** Reports whether the function is certainly missing. */
function isMissing(wanted: ModuleImport, functions: HostFunctions): boolean {
  const { module } = wanted;
  if (isFromLunatic(wanted)) return functions !== 'lunatic';
  if (module.startsWith('wasix_')) return ['wasmtime', 'wasmedge', 'wamr'].includes(functions);
  if (module === PREVIEW_1) return lacksPreview1(wanted, functions);
  return (Object.hasOwn(LACKING, module) && LACKING[module]?.includes(functions)) ?? false;
}

function describeImport({ module, name, parameters }: ModuleImport): string {
  return name === 'sock_accept' && parameters !== null
    ? `${module}.${name} of ${parameters} parameters`
    : `${module}.${name}`;
}

/** Component interfaces that the Wasmtime shim lacks: it links only WASI 0.2 with HTTP. */
const FOREIGN_INTERFACE = /^(?:fermyon:|spin:|wasmcloud:|wasi:(?:nn|keyvalue|blobstore|messaging)\/)/;

/** Engines that start only `_start`, unless the entrypoint names a function after `#` (runwasi). */
const PLAIN_ENGINES: ReadonlySet<Engine> = new Set<Engine>(['wasmtime', 'module-shim', 'crun', 'crun-wasm']);

/**
 * Describes what the module or component needs and this handler is known not to offer, to follow the handler's title. Null if
 * nothing is known to be missing.
 */
export function missingFunction(profile: HandlerProfile, verdict: Verdict): string | null {
  if (verdict.kind !== 'wasm') return null;
  const { module, interfaces = [] } = verdict;
  const { hostFunctions } = profile;
  const wanted =
    hostFunctions === null ? undefined : module?.imports.find((one) => isMissing(one, hostFunctions));
  if (wanted !== undefined) return `does not offer ${describeImport(wanted)}, which the module imports`;
  const foreign = interfaces.find((name) => FOREIGN_INTERFACE.test(name));
  if (foreign !== undefined && profile.engine === 'wasmtime')
    return `does not offer ${foreign}, which the component imports`;
  return lacksStart(verdict) && PLAIN_ENGINES.has(profile.engine)
    ? 'starts the function _start, which the module does not export: it is a library, or a reactor'
    : null;
}

/** Reports whether the module is known to be a library or a reactor, which no engine starts by itself. */
export function lacksStart(verdict: Verdict): boolean {
  return (
    verdict.kind === 'wasm' &&
    verdict.module?.hasStart === false &&
    verdict.firstArgument?.includes('#') !== true
  );
}

/** Reports whether a module imports Lunatic's own functions, and so is made for it. */
export function isMadeForLunatic({ engine }: HandlerProfile, verdict: Verdict): boolean {
  return (
    engine === 'lunatic' && verdict.kind === 'wasm' && verdict.module?.imports.some(isFromLunatic) === true
  );
}

/**
 * Describes why the runtime does not find a file or directory that runc would; null if none is known to be missing. Measured: for
 * a file that is only on PATH, the Wasmtime shim fails with `can't handle spec`, and crun with WasmEdge with `loading failed`. For
 * a missing working directory, which crun creates, the Wasmtime shim fails with `failed to unix syscall`.
 */
export function missingPlace({ engine }: HandlerProfile, verdict: Verdict): string | null {
  if (verdict.kind !== 'wasm') return null;
  const { firstArgument, isOnlyOnPath, missingFolder } = verdict;
  if (engine === 'crun' || engine === 'crun-wasm')
    return isOnlyOnPath === true
      ? `finds ${firstArgument ?? ''} along PATH, but its engine (WasmEdge) looks for it in the working directory`
      : null;
  if (engine !== 'wasmtime' && engine !== 'module-shim') return null;
  if (missingFolder !== undefined)
    return `does not create the working directory ${missingFolder}, which no layer of the image has`;
  return isOnlyOnPath === true
    ? `does not look for ${firstArgument ?? ''} along PATH, and the working directory does not have it`
    : null;
}
