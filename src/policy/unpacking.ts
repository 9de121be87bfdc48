import { isForeignOs } from '../image/platform.ts';
import type { ClusterNode } from '../pod/cluster-objects.ts';
import type { AssessedContainer } from './facts.ts';

/**
 * containerd 2.3 and later pulls a tar image whose os is not linux, but does not unpack it with default settings; tried
 * with 2.1, 2.2, 2.3 and 2.4.
 */
export function leavesForeignTarPacked({ runtimeVersion }: ClusterNode): boolean {
  const match = /^containerd:\/\/v?(\d+)\.(\d+)/.exec(runtimeVersion);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > 2 || (major === 2 && minor >= 3);
}

/** A Wasm image in a file-system layer whose os is not linux; OCI Wasm layers are never unpacked. */
export function isForeignTar({ verdict, facts }: AssessedContainer): boolean {
  if (verdict.kind !== 'wasm' || verdict.packaging !== 'tar' || facts === null) return false;
  return facts.variants.some(({ config }) => isForeignOs(config.platform));
}
