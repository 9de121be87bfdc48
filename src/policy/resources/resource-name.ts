/** What wasmgate sets of `resources`, in this order. */
export const RESOURCE_NAMES = ['cpu', 'memory'] as const;
export type ResourceName = (typeof RESOURCE_NAMES)[number];

/** The two fields of `resources`. */
export type Side = 'requests' | 'limits';
