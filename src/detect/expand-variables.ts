import type { EnvVar } from '../pod/pod.ts';

export interface Expansion {
  /** References that only the node resolves stay as written. */
  readonly text: string;
  /** True if it holds such references. */
  readonly isOpen: boolean;
}

/** Returns the value of a variable; undefined if the Pod does not show it. */
type Resolve = (name: string) => Expansion | undefined;

/**
 * Characters kept of an expansion: one more than the longest path that Linux accepts, so that the caller sees that it is too
 * long. Without a limit, a few variables that refer to each other would fill the memory.
 */
const MAX_CHARACTERS = 4097;

/**
 * Characters that all references of one container may insert; further ones stay open. Linux starts no process with more than
 * 2 MiB of arguments and environment, and 3 MiB of Pod could become gigabytes.
 */
const MAX_INSERTED = 256 * 1024;

/** Matches `$$` or a reference, in text in which every reference is closed. */
const TOKEN = /\$(?:\$|\(([^)]*)\))/g;

/**
 * Expands references by the syntax of k8s.io/kubernetes third_party/forked/golang/expansion: `$(NAME)` is a reference, `$$` is
 * one dollar sign, and everything else is text.
 */
function expand(text: string, resolve: Resolve): Expansion {
  // Nothing after the last `)` is a reference. Without this cut, every `$(` would search the whole rest for one.
  const end = text.lastIndexOf(')') + 1;
  let expanded = '';
  let isOpen = false;
  let at = 0;
  for (const token of text.slice(0, end).matchAll(TOKEN)) {
    if (expanded.length >= MAX_CHARACTERS) break;
    const [written, name] = token;
    const value = name === undefined ? { text: '$', isOpen: false } : resolve(name);
    expanded += text.slice(at, token.index) + (value?.text ?? written);
    isOpen ||= value?.isOpen ?? true;
    at = token.index + written.length;
  }
  expanded += text.slice(at, end) + text.slice(end).replaceAll('$$', () => '$');
  return { text: expanded.slice(0, MAX_CHARACTERS), isOpen };
}

const UNKNOWN = undefined;
const EMPTY: Expansion = { text: '', isOpen: false };

function valueOf({ value, valueFrom }: EnvVar, resolve: Resolve): Expansion | undefined {
  if (value !== undefined && value !== null && value !== '') return expand(value, resolve);
  return valueFrom === undefined || valueFrom === null ? EMPTY : UNKNOWN;
}

/**
 * Follows the kubelet (pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables): a value sees the entries before it, and the last
 * entry of a name wins. Other names may come from `envFrom` or from a Service, which only the node resolves.
 */
function readVariables(env: readonly EnvVar[]): Resolve {
  const values = new Map<string, Expansion | undefined>();
  let left = MAX_INSERTED;
  const resolve: Resolve = (name) => {
    const value = values.get(name);
    left -= value?.text.length ?? 0;
    return left >= 0 ? value : UNKNOWN;
  };
  for (const variable of env) values.set(variable.name ?? '', valueOf(variable, resolve));
  return resolve;
}

/** Expands entries of a container's `command` and `args`. Like the kubelet, it ignores the image's ENV. */
export function expandVariables(
  texts: readonly string[],
  env: readonly EnvVar[] | null | undefined,
): readonly Expansion[] {
  const hasReference = texts.some((text) => text.includes('$('));
  const resolve = readVariables(hasReference ? (env ?? []) : []);
  return texts.map((text) => (text.includes('$') ? expand(text, resolve) : { text, isOpen: false }));
}
