import { RegistryError, type ImageSubject } from '../errors.ts';
import { isLoopbackHost } from '../hosts/hosts.ts';

function mayUsePlainHttp(realm: URL, registry: URL): boolean {
  if (registry.protocol !== 'http:') return false;
  return (
    realm.host === registry.host || (isLoopbackHost(realm.hostname) && isLoopbackHost(registry.hostname))
  );
}

/**
 * The token server that a registry names gets the user's login, so it must be https, on whatever host; or the registry's
 * own host and port, where that is plain http anyway.
 */
export function parseRealm(text: string, registry: URL, subject: ImageSubject): URL {
  if (!URL.canParse(text)) {
    throw new RegistryError('invalid', subject, {
      state: `${registry.host} names a token server that is no URL`,
    });
  }
  const realm = new URL(text);
  const hasLogin = realm.username !== '' || realm.password !== '';
  const trusted =
    realm.protocol === 'https:' || (realm.protocol === 'http:' && mayUsePlainHttp(realm, registry));
  if (hasLogin || !trusted) {
    throw new RegistryError('denied-by-config', subject, {
      state: `${registry.host} names the token server ${realm.protocol}//${realm.host}, which gets no login`,
      advice: 'A token server on another host must be https, and its address must hold no login.',
    });
  }
  realm.hash = '';
  return realm;
}
