import { join } from 'node:path';
import { findModule, type ModuleName } from '../../e2e/testbed/module-files.ts';
import { type Kubectl, must } from '../kubernetes/kubectl.ts';

/** CRDs in the projects' modules: files or folders. */
const PATHS: Readonly<Record<ModuleName, readonly string[]>> = {
  'cert-manager': ['deploy/crds'],
  kyverno: ['config/crds/policyreport/wgpolicyk8s.io_policyreports.yaml'],
  openreports: ['config/crd/openreports.io_reports.yaml'],
  // The others are large, and no manifest uses them.
  'prometheus-operator': ['podmonitors', 'prometheusrules'].map(
    (name) => `example/prometheus-operator-crd/monitoring.coreos.com_${name}.yaml`,
  ),
};

export interface CustomResources {
  /** Use with `describe.skipIf`. */
  readonly missing: boolean;
  /** Use in the title of a skipped suite; empty if nothing is missing. */
  readonly note: string;
  /** Installs the CRDs, and waits until the API server serves their kinds. */
  readonly install: (kubectl: Kubectl) => Promise<void>;
}

/** Finds a project's CRDs as `realServers` finds programs. */
export async function customResources(name: ModuleName): Promise<CustomResources> {
  const found = await findModule(name);
  if (found.kind === 'missing')
    return { missing: true, note: ` (skipped: ${found.reason})`, install: () => Promise.reject(new Error()) };
  const files = PATHS[name].flatMap((path) => ['-f', join(found.folder, path)]);
  return {
    missing: false,
    note: '',
    install: async (kubectl) => {
      await must(kubectl(['apply', '--server-side', ...files]));
      await must(kubectl(['wait', '--for=condition=Established', '--timeout=60s', ...files]));
    },
  };
}
