import { findPrograms } from '../../e2e/testbed/find-programs.ts';
import type { Program } from '../../e2e/testbed/programs.ts';

export interface RealServers<Name extends Program> {
  readonly paths: Readonly<Record<Name, string>>;
  /** Use with `describe.skipIf`. */
  readonly missing: boolean;
  /** Use in the title of a skipped suite: which program is missing and why. Empty if none is. */
  readonly note: string;
}

/**
 * Finds or builds the programs that a test file needs. With WASMGATE_E2E=required a missing one is an error.
 *
 *     const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);
 *     describe.skipIf(servers.missing)(`watches${servers.note}`, () => …
 */
export async function realServers<Name extends Program>(names: readonly Name[]): Promise<RealServers<Name>> {
  const programs = await findPrograms(names);
  if (programs.kind === 'found') return { paths: programs.paths, missing: false, note: '' };
  // Skipped tests start nothing; vitest only lists their file.
  const paths = Object.fromEntries(names.map((name): [string, string] => [name, name])) as Record<
    Name,
    string
  >;
  return { paths, missing: true, note: ` (skipped: ${programs.reason})` };
}
