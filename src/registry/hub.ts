import { DOCKER_HUB } from '../image/reference.ts';

/** Docker Hub's registry answers at another name than its references have (github.com/distribution/reference). */
export const HUB_HOST = 'registry-1.docker.io';

const HUB_HOSTS: ReadonlySet<string> = new Set([HUB_HOST, 'index.docker.io']);

/** The name that references and logins have for a host. */
export function registryOfHost(host: string): string {
  return HUB_HOSTS.has(host) ? DOCKER_HUB : host;
}

export function hostOfRegistry(registry: string): string {
  return registry === DOCKER_HUB ? HUB_HOST : registry;
}
