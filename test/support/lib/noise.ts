import { createHash } from 'node:crypto';

/** Returns incompressible bytes, the same at every run, so that none happen to begin like some kind of file. */
export function noiseOf(bytes: number): Buffer {
  return createHash('shake256', { outputLength: bytes }).update('noise').digest();
}
