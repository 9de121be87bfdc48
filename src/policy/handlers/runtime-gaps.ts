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

/** Of `sock_accept` in preview 1, and in WasmEdge, which had it first. */
const ACCEPT_PARAMETERS = { standard: 3, wasmedge: 2 } as const;

/** Modules of imports that an engine may offer by a plugin or a build option: wasi-nn is missing from the Wasmtime shim (measured). */
const OPTIONAL: Readonly<Record<string, readonly HostFunctions[]>> = {
  wasi_unstable: [],
  wasi_ephemeral_nn: ['wasmtime'],
  wasi_ephemeral_crypto: [],
};

function lacksPreview1({ name, parameters }: ModuleImport, functions: HostFunctions): boolean {
  if (name === 'sock_accept' && parameters !== null) {
    if (functions === 'wasmtime') return parameters === ACCEPT_PARAMETERS.wasmedge;
    return functions === 'wasmedge' && parameters === ACCEPT_PARAMETERS.standard;
  }
  // The rest of preview 1 is not among the imports that were remembered.
  return functions === 'wasmtime' && WASMEDGE_SOCKETS.has(name);
}

function isLunatics({ module }: ModuleImport): boolean {
  return module.startsWith('lunatic::');
}

/** Only what is known: a function that may or may not be there is not missing. */
function isMissing(wanted: ModuleImport, functions: HostFunctions): boolean {
  const { module } = wanted;
  if (isLunatics(wanted)) return functions !== 'lunatic';
  if (module.startsWith('wasix_')) return ['wasmtime', 'wasmedge', 'wamr'].includes(functions);
  if (module === PREVIEW_1) return lacksPreview1(wanted, functions);
  return (Object.hasOwn(OPTIONAL, module) && OPTIONAL[module]?.includes(functions)) ?? false;
}

function shown({ module, name, parameters }: ModuleImport): string {
  return name === 'sock_accept' && parameters !== null
    ? `${module}.${name} of ${parameters} parameters`
    : `${module}.${name}`;
}

/** Interfaces of components that belong to another host than the Wasmtime shim, which links WASI 0.2 with HTTP alone. */
const FOREIGN_INTERFACE = /^(?:fermyon:|spin:|wasmcloud:|wasi:(?:nn|keyvalue|blobstore|messaging)\/)/;

/** Engines that start `_start` and nothing else, unless the entrypoint names a function behind `#` (runwasi). */
const PLAIN_ENGINES: ReadonlySet<Engine> = new Set<Engine>(['wasmtime', 'module-shim', 'crun', 'crun-wasm']);

/**
 * Returns what the image's module or component needs and this handler is known not to offer, following the handler's title;
 * null if there is nothing, or nobody looked.
 */
export function missingFunction(profile: HandlerProfile, verdict: Verdict): string | null {
  if (verdict.kind !== 'wasm') return null;
  const { module, interfaces = [] } = verdict;
  const { hostFunctions } = profile;
  const wanted =
    hostFunctions === null ? undefined : module?.imports.find((one) => isMissing(one, hostFunctions));
  if (wanted !== undefined) return `does not offer ${shown(wanted)}, which the module imports`;
  const foreign = interfaces.find((name) => FOREIGN_INTERFACE.test(name));
  if (foreign !== undefined && profile.engine === 'wasmtime')
    return `does not offer ${foreign}, which the component imports`;
  return lacksStart(verdict) && PLAIN_ENGINES.has(profile.engine)
    ? 'starts the function _start, which the module does not export: it is a library, or a reactor'
    : null;
}

/** Whether the module was seen to be a library or a reactor, which no engine starts by itself. */
export function lacksStart(verdict: Verdict): boolean {
  return (
    verdict.kind === 'wasm' &&
    verdict.module?.hasStart === false &&
    verdict.firstArgument?.includes('#') !== true
  );
}

/** Lunatic's own functions show that a module is made for it. */
export function isMadeForLunatic({ engine }: HandlerProfile, verdict: Verdict): boolean {
  return engine === 'lunatic' && verdict.kind === 'wasm' && verdict.module?.imports.some(isLunatics) === true;
}

/**
 * Returns why the runtime does not find what runc would; null if nothing is known to be missing. Measured on the Wasmtime shim:
 * `can't handle spec` for a file that only PATH leads to, and `failed to unix syscall` for a working directory that is not there,
 * which crun makes. Measured on crun with WasmEdge: `loading failed` for a file that only PATH leads to.
 */
export function missingPlace({ engine }: HandlerProfile, verdict: Verdict): string | null {
  if (verdict.kind !== 'wasm') return null;
  const { firstArgument, isOnlyOnPath, missingFolder } = verdict;
  if (engine === 'crun' || engine === 'crun-wasm')
    return isOnlyOnPath === true
      ? `finds ${firstArgument ?? ''} along PATH, and its engine (WasmEdge) looks for it in the working directory`
      : null;
  if (engine !== 'wasmtime' && engine !== 'module-shim') return null;
  if (missingFolder !== undefined)
    return `does not make the working directory ${missingFolder}, which no layer of the image has`;
  return isOnlyOnPath === true
    ? `does not look for ${firstArgument ?? ''} along PATH, and the working directory does not have it`
    : null;
}
