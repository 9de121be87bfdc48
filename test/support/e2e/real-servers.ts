import { findPrograms } from '../../e2e/testbed/find-programs.ts';
import type { Program } from '../../e2e/testbed/programs.ts';

export interface RealServers<Name extends Program> {
  readonly paths: Readonly<Record<Name, string>>;
  /** For `describe.skipIf`. */
  readonly missing: boolean;
  /** For the title of what is skipped: which program is missing and why. Empty where nothing is. */
  readonly note: string;
}

/**
 * The programs a test file needs, built where they can be. With WASMGATE_E2E=required a missing one is an error.
 *
 *     const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);
 *     describe.skipIf(servers.missing)(`watches${servers.note}`, () => …
 */
export async function realServers<Name extends Program>(names: readonly Name[]): Promise<RealServers<Name>> {
  const programs = await findPrograms(names);
  if (programs.kind === 'found') return { paths: programs.paths, missing: false, note: '' };
  // Nothing is started by a skipped test: its file is only listed.
  const paths = Object.fromEntries(names.map((name): [string, string] => [name, name])) as Record<
    Name,
    string
  >;
  return { paths, missing: true, note: ` (skipped: ${programs.reason})` };
}
