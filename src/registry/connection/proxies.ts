import { AppError } from '../../lib/errors.ts';
import { parseNoProxy } from './no-proxy.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy that leads to a host; null where it is reached directly. */
export type ProxyFor = (url: URL) => URL | null;

export type ProxyErrorCode = 'invalid-proxy';

/** In either case, capitals first, as Go has it. */
function read(env: Environment, name: string): string {
  return env[name] || env[name.toLowerCase()] || '';
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The value may hold a password: no error quotes it. */
function parseProxy(env: Environment, name: string): URL | null {
  const text = read(env, name).trim();
  if (text === '') return null;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const invalid = (state: string): AppError<ProxyErrorCode> =>
    new AppError('invalid-proxy', `Cannot use the proxy in ${name}: ${state}`, {
      blame: 'input',
      advice:
        'It reads http://proxy.internal:3128, with user:password@ before the host where it needs a login.',
    });
  if (!URL.canParse(address)) throw invalid('it is no URL');
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalid(`${url.protocol}// is not spoken, only http and https are`);
  if (!isDecodable(url.username) || !isDecodable(url.password))
    throw invalid('its login has a "%" that is not encoded');
  return url;
}

/**
 * HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as programs of the nodes read them: each for its own scheme.
 * @throws AppError `invalid-proxy`
 */
export function readProxies(env: Environment): ProxyFor {
  const secure = parseProxy(env, 'HTTPS_PROXY');
  const plain = parseProxy(env, 'HTTP_PROXY');
  const isDirect = parseNoProxy(read(env, 'NO_PROXY'));
  return (url) => {
    const proxy = url.protocol === 'https:' ? secure : plain;
    return proxy === null || isDirect(url) ? null : proxy;
  };
}
