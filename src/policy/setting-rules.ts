import { DOCKER_HUB, isRepository, parseReference } from '../image/reference.ts';
import { AppError } from '../lib/errors.ts';
import { isObject, property, stringOr } from '../lib/json.ts';
import { textRule, nameRule, type SettingRule } from '../lib/setting-rule.ts';
import { SYSTEM_NAMESPACES } from '../pod/scope.ts';

/** RFC 1123: the names of namespaces and handlers. */
const LABEL = { maxLength: 63, allowed: 'lowercase letters, digits and "-"' } as const;

/** A wildcard pattern that can match a label has no other characters than a label has. */
const LABEL_PATTERN = /^[a-z0-9*?-]*$/;

/** Returns why no DNS label matches a pattern; null if one may. */
function findLabelFault(pattern: string, what: string): string | null {
  const never = (why: string): string => `"${pattern}" can never match: ${why}.`;
  if (pattern.includes(',')) return never('it is one pattern. Write one item for each');
  if (!LABEL_PATTERN.test(pattern)) {
    const lower = pattern.toLowerCase();
    const instead = LABEL_PATTERN.test(lower) ? ` Write "${lower}"` : ' Its only wildcards are * and ?';
    return never(`${what} have only ${LABEL.allowed}.${instead}`);
  }
  if (pattern.replaceAll('*', '').length > LABEL.maxLength)
    return never(`${what} have at most ${LABEL.maxLength} characters`);
  return /^-|-$/.test(pattern) ? never(`${what} neither start nor end with "-"`) : null;
}

function findNamespaceFault(pattern: string): string | null {
  return findLabelFault(pattern, 'names of namespaces');
}

function noteException(pattern: string): string | null {
  return SYSTEM_NAMESPACES.has(pattern)
    ? `"${pattern}" needs no exception: wasmgate never judges its Pods.`
    : null;
}

function findEmptyFault(value: unknown): string | null {
  if (!isObject(value)) return null;
  const empty = ['namespaces', 'findings'].find((key) => {
    const list = property(value, key);
    return Array.isArray(list) && list.length === 0;
  });
  return empty === undefined
    ? null
    : `it applies to nothing, because ${empty} is empty. Fill it in, or remove the exception.`;
}

/** RFC 1123: the names of RuntimeClasses. */
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

function findClassFault(name: string): string | null {
  if (SUBDOMAIN.test(name)) return null;
  const why = /[*?]/.test(name)
    ? 'it takes names of classes or handlers, without wildcards'
    : 'RuntimeClasses and handlers have lowercase names of letters, digits, "-" and "."';
  return `"${name}" can never match: ${why}.`;
}

function findHandlerFault(name: string): string | null {
  // The default runtime.
  if (name === '') return null;
  return /[*?]/.test(name)
    ? `"${name}" can never match: it takes the name of one handler, without wildcards.`
    : findLabelFault(name, 'handlers');
}

/** The name of a taint's key (Kubernetes, `IsQualifiedName`). */
const QUALIFIED_NAME =
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?$/;

function rejects(why: string): string {
  return `the API server rejects every Pod with this toleration: ${why}.`;
}

/** Returns why the API server rejects every Pod with this toleration (Kubernetes, `ValidateTolerations`). */
function findTolerationFault(toleration: unknown): string | null {
  if (!isObject(toleration)) return null;
  const [key, value, operator, effect] = ['key', 'value', 'operator', 'effect'].map((name) =>
    stringOr(property(toleration, name), ''),
  );
  if (key === '' && operator !== 'Exists')
    return rejects('without a key, it takes operator: Exists, and then tolerates every taint');
  if (key !== undefined && key !== '' && !QUALIFIED_NAME.test(key))
    return rejects(`"${key}" is not the key of a taint`);
  if (operator === 'Exists' && value !== '') return rejects('with operator: Exists, it takes no value');
  if (value !== undefined && !LABEL_VALUE.test(value))
    return rejects(`"${value}" is not the value of a taint`);
  return property(toleration, 'tolerationSeconds') !== undefined && effect !== 'NoExecute'
    ? rejects('tolerationSeconds takes effect: NoExecute')
    : null;
}

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

/** Other names of Docker Hub, which references lose when they are normalized. */
const HUB_ALIAS = /^(?:index|registry-1)\.docker\.io(?=\/)/;

/** A colon before a port: only digits follow, up to the slash or a wildcard. */
const PORT = /^:(?:\d+[/*?]|[*?])/;

/** Reports whether a colon can only stand before a tag, because no port of a registry stands there. */
function hasTag(pattern: string): boolean {
  // IPv6 addresses are full of colons.
  if (pattern.includes('[')) return false;
  const colon = pattern.indexOf(':');
  return colon >= 0 && (pattern.lastIndexOf('/', colon) >= 0 || !PORT.test(pattern.slice(colon)));
}

/** Advises what to write in place of a pattern with a tag. A number may be meant as a port. */
function adviseOnTag(pattern: string): string {
  const [named = ''] = pattern.split('@', 1);
  const colon = named.lastIndexOf(':');
  const image = colon > named.lastIndexOf('/') ? named.slice(0, colon) : named;
  if (/^[^/*?]+:\d+$/.test(pattern))
    return `Write "${pattern}/*" for a registry, or "${image}" for an image of Docker Hub.`;
  return /[^*?/]/.test(image) ? `Write "${image}".` : 'wasmgate cannot skip images by their tag.';
}

/** Returns why a pattern matches no image: it is compared with `registry/repository`, normalized, without tag and digest. */
function findImageFault(pattern: string): string | null {
  const never = (why: string, instead: string): string =>
    `"${pattern}" can never match: ${why}. Write "${instead}".`;
  const scheme = /^https?:\/\//.exec(pattern)?.[0];
  if (scheme !== undefined) return never('references have no scheme', pattern.slice(scheme.length));
  if (/[\s,]/.test(pattern))
    return `"${pattern}" can never match: it is one pattern. Write one item for each.`;
  if (pattern.includes('@') || hasTag(pattern))
    return `"${pattern}" can never match: a pattern is registry/repository, without tag or digest. ${adviseOnTag(pattern)}`;
  if (HUB_ALIAS.test(pattern))
    return never('wasmgate calls this registry docker.io', pattern.replace(HUB_ALIAS, DOCKER_HUB));
  const [, official] = /^docker\.io\/([^/*?]+)$/.exec(pattern) ?? [];
  if (official !== undefined) return never('the repository is in "library"', `docker.io/library/${official}`);
  const slash = pattern.indexOf('/');
  const [host, path] = [pattern.slice(0, Math.max(0, slash)), pattern.slice(slash + 1)];
  if (/[A-Z]/.test(path) || (/[A-Z]/.test(host) && /[.:]/.test(host)))
    return never('references are in lower case', pattern.toLowerCase());
  if (/^\/|\/\/|\/$/.test(pattern))
    return never(
      'a slash separates names',
      `${pattern
        .split('/')
        .filter((part) => part !== '')
        .join('/')}/*`,
    );
  return isReference(pattern.replaceAll(/[*?]/g, '0'))
    ? null
    : `"${pattern}" can never match: no image has such a name.`;
}

/** A pattern that is a registry's host matches a repository of Docker Hub instead. */
function noteImage(pattern: string): string | null {
  const isHost = pattern.includes('.') && !/[/*?:]/.test(pattern) && isRepository(pattern);
  return isHost
    ? `"${pattern}" matches only the repository of that name on Docker Hub. For all images of a registry, write "${pattern}/*".`
    : null;
}

function findMemoryFault(quantity: string): string | null {
  return quantity.endsWith('m')
    ? `"${quantity}" is less than a byte for each unit: m means a thousandth. Write "${quantity.slice(0, -1)}Mi".`
    : null;
}

function findCpuFault(quantity: string): string | null {
  return /[kMG]i?$/.test(quantity)
    ? `"${quantity}" is more CPUs than any node has, so such Pods are never scheduled. Write a number of CPUs such as "200m".`
    : null;
}

const REQUESTS = ['resources', 'linuxRequests'] as const;

/** What the schema of section `policy` cannot check. */
export const policyRules: readonly SettingRule[] = [
  textRule('vain', ['systemNamespaces', '*'], findNamespaceFault),
  { path: ['exceptions', '*'], level: 'vain', find: findEmptyFault },
  textRule('vain', ['exceptions', '*', 'namespaces', '*'], findNamespaceFault),
  textRule('note', ['exceptions', '*', 'namespaces', '*'], noteException),
  textRule('vain', ['preferRuntimeClasses', '*'], findClassFault),
  nameRule('vain', ['handlers'], findHandlerFault),
  textRule('vain', ['linuxHandlers', '*'], (pattern) => findLabelFault(pattern, 'handlers')),
  { path: ['tolerations', '*'], level: 'vain', find: findTolerationFault },
  textRule('vain', ['skipImages', '*'], findImageFault),
  textRule('note', ['skipImages', '*'], noteImage),
  textRule('vain', [...REQUESTS, 'memory'], findMemoryFault),
  textRule('vain', [...REQUESTS, 'cpu'], findCpuFault),
];
