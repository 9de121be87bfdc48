// npm run test:oldest [-- FILE …]: the tests on real servers, with the control plane of the oldest Kubernetes that is supported.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { buildProgram } from './build-program.ts';
import { firstExecutable } from './find-programs.ts';
import { cacheFolder, kubernetes, OLDEST } from './programs.ts';

const folder = cacheFolder(process.env, OLDEST);
for (const name of ['kube-apiserver', 'kube-controller-manager']) {
  if ((await firstExecutable([join(folder, name)])) === null) {
    await buildProgram(name, folder, { recipe: kubernetes(name, OLDEST) });
  }
}
// The other programs, kubectl among them, are those of other tests.
const env = { ...process.env, KUBEBUILDER_ASSETS: folder, WASMGATE_E2E: 'required' };
const projects = ['--project=servers', '--project=admission'];
const vitest = spawn(
  'vitest',
  ['run', '--config', 'test/vitest.config.ts', ...projects, ...process.argv.slice(2)],
  { env, stdio: 'inherit' },
);
const [code] = await once(vitest, 'exit');
process.exitCode = (code as number | null) ?? 1;
