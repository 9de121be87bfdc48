import { RegistryError, type ImageSubject } from './errors.ts';

/** Docker Hub's registry answers at another name than its references have (github.com/distribution/reference). */
const HUB = 'docker.io';
const HUB_HOST = 'registry-1.docker.io';

export interface HostOptions {
  /** Registries spoken to over plain http, as references name them. */
  readonly plainHttp: readonly string[];
  /** Loopback registries are meant, and speak plain http: for commands on the user's own machine. */
  readonly allowLoopback: boolean;
}

/** Of a parsed URL, where addresses stand in their normal form. */
export function isLoopbackHost(hostname: string): boolean {
  const isName = hostname === 'localhost' || hostname.endsWith('.localhost');
  return isName || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Where a registry is spoken to: scheme, host and port. */
export function registryUrl(subject: ImageSubject, options: HostOptions): URL {
  const host = subject.registry === HUB ? HUB_HOST : subject.registry;
  if (!URL.canParse(`https://${host}`)) {
    throw new RegistryError('invalid', subject, { state: `"${host}" is no host and port` });
  }
  const url = new URL(`https://${host}`);
  const plain =
    options.plainHttp.includes(subject.registry) || (options.allowLoopback && isLoopbackHost(url.hostname));
  return plain ? new URL(`http://${host}`) : url;
}
