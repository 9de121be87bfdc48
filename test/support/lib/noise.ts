import { createHash } from 'node:crypto';

/** Bytes that no compression makes shorter: the same at every run, so that none begins by chance like a file of some kind. */
export function noiseOf(bytes: number): Buffer {
  return createHash('shake256', { outputLength: bytes }).update('noise').digest();
}
