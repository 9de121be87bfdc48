import type { Packaging } from '../../detect/verdict.ts';
import type { HandlerProfile } from '../handlers/handler-profiles.ts';
import type { LayerSizes } from './layer-sizes.ts';
import { parseQuantity, roundUp, type Quantity } from './quantity.ts';

export const COMPILE_DEFAULTS = {
  /** Seconds that a start may take: probes with Kubernetes' defaults begin to kill a container soon after. */
  seconds: 10,
  /**
   * CPU for each million compressed bytes that Wasmtime compiles at every start, for a start within these seconds: measured
   * on a shim that was built with little optimisation; a well built one takes half.
   */
  perMegabyte: parseQuantity('400m'),
  step: parseQuantity('10m'),
  /** More than one core would make the compiler parallel, and the memory it needs grow with the node. */
  most: parseQuantity('1'),
} as const;

const MEGABYTE = 1_000_000n;

export interface CompileQuestion {
  readonly profile: HandlerProfile | null;
  readonly packaging: Packaging;
  readonly sizes: LayerSizes;
}

/** The CPU with which the image starts in time; null where nothing is compiled inside the container. */
export function compileCpu({ profile, packaging, sizes }: CompileQuestion): Quantity | null {
  if (profile?.engine !== 'wasmtime' || packaging !== 'tar') return null;
  const bytes = BigInt(Math.ceil(sizes.compressed + sizes.raw));
  return bytes === 0n
    ? null
    : roundUp((COMPILE_DEFAULTS.perMegabyte * bytes) / MEGABYTE, COMPILE_DEFAULTS.step);
}
