import { VARIANT_LABEL } from '../image/image-config.ts';

/** Labels and annotations that wasmgate reads or writes. */
export const MODE_LABEL = 'wasmgate.dev/mode';
export const SKIP_ANNOTATION = 'wasmgate.dev/skip';
export const RESOURCE_TIER = 'wasmgate.dev/resource-tier';
/** On a namespace, `true` gives requests to its Linux containers that have none. */
export const LINUX_REQUESTS_LABEL = 'wasmgate.dev/linux-requests';
/** Records which class wasmgate chose. It is valid only while it equals the spec, and never prevents a denial. */
export const CHOSEN_CLASS_ANNOTATION = 'wasmgate.dev/runtime-class-chosen';

/** crun reads it (libcrun, handler-utils.c) from the Pod's annotations only. */
export const VARIANT_ANNOTATION = VARIANT_LABEL;
/** crun reads it before the variant annotation; any value but wasm and wasm-smart hides that. */
export const HANDLER_ANNOTATION = 'run.oci.handler';

/** The kubelet sets it on the mirror of a static Pod. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
/** The LimitRanger plugin records its defaults in it. */
export const LIMIT_RANGER_ANNOTATION = 'kubernetes.io/limit-ranger';
