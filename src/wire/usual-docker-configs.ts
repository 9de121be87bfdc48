import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Io } from '../cli/io.ts';

/** Nowhere without the folder: joined to nothing, the path would be one of whatever checkout the command is run in. */
function within(folder: string, path: string): readonly string[] {
  return folder === '' ? [] : [join(folder, path)];
}

/**
 * Where a user's own logins are: docker's config (docs.docker.com, "docker login") and podman's (containers-auth.json(5)). A
 * variable that names a file stands alone; without one, both of their usual places are looked into.
 */
export function usualDockerConfigs(env: Io['env']): readonly string[] {
  const { REGISTRY_AUTH_FILE: authFile = '', DOCKER_CONFIG: folder = '' } = env;
  if (authFile !== '') return [authFile];
  const { HOME: home = '', XDG_RUNTIME_DIR: runtime = '' } = env;
  const docker = folder === '' ? within(home, '.docker/config.json') : within(folder, 'config.json');
  const usual = [...docker, ...within(runtime, 'containers/auth.json')];
  return usual.filter((file) => existsSync(file));
}
