/** Labels and annotations that wasmgate reads or writes, in one place, so that documentation and code cannot differ. */
export const MODE_LABEL = 'wasmgate.dev/mode';
export const SKIP_ANNOTATION = 'wasmgate.dev/skip';
export const RESOURCE_TIER = 'wasmgate.dev/resource-tier';
/** `true` on a namespace: its Linux containers without requests get some. */
export const LINUX_REQUESTS_LABEL = 'wasmgate.dev/linux-requests';
/** Records which class wasmgate chose. It counts only while it equals the spec, and never prevents a denial. */
export const CHOSEN_CLASS_ANNOTATION = 'wasmgate.dev/runtime-class-chosen';

/** crun reads it (libcrun, handler-utils.c) from the Pod's annotations only. */
export const VARIANT_ANNOTATION = 'module.wasm.image/variant';
/** crun reads it before the variant annotation; any value but wasm and wasm-smart hides that. */
export const HANDLER_ANNOTATION = 'run.oci.handler';

/** The kubelet sets it on the mirror of a static Pod. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
/** The LimitRanger plugin records here what it defaulted. */
export const LIMIT_RANGER_ANNOTATION = 'kubernetes.io/limit-ranger';
