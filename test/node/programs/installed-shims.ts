import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A containerd shim as upstream builds it. */
export interface InstalledShim {
  readonly handler: string;
  /** The `runtime_type` of containerd's configuration. */
  readonly runtimeType: string;
  readonly path: string;
}

/** The name of a shim's file, such as containerd-shim-spin-v2. */
const SHIM = /^containerd-shim-(?<name>[a-z\d]+)-(?<version>v\d+)$/;

/**
 * Lists the shims in a folder, by name and version, without that of runc. The one with wasmtime gets another handler, because the
 * node's own shim has that one.
 */
export async function installedShims(folder: string): Promise<readonly InstalledShim[]> {
  return (await readdir(folder)).toSorted().flatMap((file): readonly InstalledShim[] => {
    const { name, version } = SHIM.exec(file)?.groups ?? {};
    if (name === undefined || version === undefined || name === 'runc') return [];
    const handler = name === 'wasmtime' ? 'wasmtime-upstream' : name;
    return [{ handler, runtimeType: `io.containerd.${name}.${version}`, path: join(folder, file) }];
  });
}
