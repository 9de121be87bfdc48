import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Modules whose files tests read. The folder beside this file pins the version. */
const MODULES = {
  'cert-manager': 'github.com/cert-manager/cert-manager',
  kyverno: 'github.com/kyverno/kyverno',
  openreports: 'github.com/openreports/reports-api',
  'prometheus-operator': 'github.com/prometheus-operator/prometheus-operator',
} as const;

export type ModuleName = keyof typeof MODULES;

export type FoundModule =
  | { readonly kind: 'found'; readonly folder: string }
  | { readonly kind: 'missing'; readonly reason: string };

/**
 * Returns the folder of a module's files, which Go downloads once. With WASMGATE_E2E=required a missing one is an error; with
 * WASMGATE_E2E=skip none is looked for.
 */
export async function findModule(
  name: ModuleName,
  env: NodeJS.ProcessEnv = process.env,
): Promise<FoundModule> {
  if (env['WASMGATE_E2E'] === 'skip') return { kind: 'missing', reason: 'WASMGATE_E2E=skip' };
  try {
    const { stdout } = await execute('go', ['mod', 'download', '-json', MODULES[name]], {
      cwd: join(import.meta.dirname, name),
      // A workspace file above the checkout must not affect the version.
      env: { ...env, GOWORK: 'off' },
    });
    return { kind: 'found', folder: (JSON.parse(stdout) as { readonly Dir: string }).Dir };
  } catch (cause) {
    const reason = `Go cannot download ${MODULES[name]}`;
    if (env['WASMGATE_E2E'] === 'required')
      throw new Error(`Cannot run the end-to-end tests: ${reason}`, { cause });
    return { kind: 'missing', reason };
  }
}
