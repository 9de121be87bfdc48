import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Io } from '../cli/io.ts';

/**
 * Where a user's own logins are: docker's config (docs.docker.com, "docker login") and podman's (containers-auth.json(5)). A
 * variable that names a file stands alone; without one, both of their usual places are looked into.
 */
export function usualDockerConfigs(env: Io['env']): readonly string[] {
  const { REGISTRY_AUTH_FILE: authFile = '', DOCKER_CONFIG: folder = '' } = env;
  if (authFile !== '') return [authFile];
  const { HOME: home = '', XDG_RUNTIME_DIR: runtime = '' } = env;
  const docker = folder === '' ? join(home, '.docker') : folder;
  const usual = [join(docker, 'config.json'), join(runtime, 'containers', 'auth.json')];
  return usual.filter((file) => existsSync(file));
}
