import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './run-program.ts';

/** Returns no path if the folder is unknown: joined to nothing, the path would lie in the current folder. */
function within(folder: string, path: string): readonly string[] {
  return folder === '' ? [] : [join(folder, path)];
}

/**
 * Returns the files that hold a user's own logins: docker's config (docs.docker.com, "docker login") and podman's
 * (containers-auth.json(5)). A variable that names a file wins; otherwise both usual places count.
 */
export function findDockerConfigs(env: Environment): readonly string[] {
  const { REGISTRY_AUTH_FILE: authFile = '', DOCKER_CONFIG: folder = '' } = env;
  if (authFile !== '') return [authFile];
  const { HOME: home = '', XDG_RUNTIME_DIR: runtime = '' } = env;
  const docker = folder === '' ? within(home, '.docker/config.json') : within(folder, 'config.json');
  const usual = [...docker, ...within(runtime, 'containers/auth.json')];
  return usual.filter((file) => existsSync(file));
}
