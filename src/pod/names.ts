/** Labels and annotations of ours and of those we read. One place, so that documentation and code cannot differ. */
export const MODE_LABEL = 'wasmgate.dev/mode';
export const SKIP_ANNOTATION = 'wasmgate.dev/skip';
export const RESOURCE_TIER = 'wasmgate.dev/resource-tier';
/** On a namespace, `true`: its Linux containers get requests where they set none. */
export const LINUX_REQUESTS_LABEL = 'wasmgate.dev/linux-requests';
/** Remembers which class wasmgate chose; counts only while it equals the spec, and affects no refusal. */
export const CHOSEN_CLASS_ANNOTATION = 'wasmgate.dev/runtime-class-chosen';

/** Read by crun (libcrun handler-utils.c), from the Pod's annotations only. */
export const VARIANT_ANNOTATION = 'module.wasm.image/variant';
/** Read by crun before the variant annotation; any other value than wasm or wasm-smart hides it. */
export const HANDLER_ANNOTATION = 'run.oci.handler';

/** The kubelet's mark of a static Pod's mirror. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
/** Where the LimitRanger plugin says what it defaulted. */
export const LIMIT_RANGER_ANNOTATION = 'kubernetes.io/limit-ranger';
