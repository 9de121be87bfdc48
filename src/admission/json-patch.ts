import { AppError } from '../lib/errors.ts';
import { leadingSegments, parsePointer } from '../pod/json-pointer.ts';
import type { Change } from '../policy/decision.ts';

/** The two operations of RFC 6902 that wasmgate writes. */
export interface PatchOperation {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

type Node = Record<string, unknown>;

/**
 * The object after the operations so far. It copies only what lies on the path of a change, one level deep. `fresh` holds the
 * parts of an operation's own value: a further change inside them needs no operation.
 */
interface Draft {
  root: Node;
  readonly copied: Set<object>;
  readonly fresh: Set<object>;
  readonly operations: PatchOperation[];
}

function rejectChange(change: Change, state: string): never {
  throw new AppError('invalid-change', `Cannot write change "${change.path}" as a JSON patch: ${state}`);
}

function isContainer(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

function copyOf(node: Node): Node {
  return (Array.isArray(node) ? [...(node as readonly unknown[])] : { ...node }) as unknown as Node;
}

function read(node: Node, key: string): unknown {
  return Object.hasOwn(node, key) ? node[key] : undefined;
}

function write(node: Node, key: string, value: unknown): void {
  if (key === '-' && Array.isArray(node)) node.push(value);
  else node[key] = value;
}

/** Wraps a value in its missing parents: `['limits', 'cpu']` gives `{limits: {cpu: value}}`, `['-']` gives `[value]`. */
function nest(segments: readonly string[], value: unknown, fresh: Set<object>): unknown {
  return segments.reduceRight<unknown>((inner, segment) => {
    const parent = segment === '-' ? [inner] : { [segment]: inner };
    fresh.add(parent);
    return parent;
  }, value);
}

/** Returns a child that may be written to, copying it the first time. */
function descend(draft: Draft, parent: Node, key: string): Node | null {
  const child = read(parent, key);
  if (!isContainer(child)) return null;
  if (draft.copied.has(child) || draft.fresh.has(child)) return child;
  const copy = copyOf(child);
  (draft.fresh.has(parent) ? draft.fresh : draft.copied).add(copy);
  write(parent, key, copy);
  return copy;
}

/** Returns the deepest existing container on the path, and how many segments lead to it. */
function findParent(
  draft: Draft,
  segments: readonly string[],
): { readonly node: Node; readonly depth: number } {
  let node = draft.root;
  for (let depth = 0; depth < segments.length - 1; depth += 1) {
    const child = descend(draft, node, segments[depth] ?? '');
    if (child === null) return { node, depth };
    node = child;
  }
  return { node, depth: segments.length - 1 };
}

/** The position of a value. */
interface Target {
  readonly node: Node;
  readonly key: string;
  /** True if the path ends here. */
  readonly isLeaf: boolean;
}

function checkTarget(change: Change, { node, key, isLeaf }: Target): void {
  const current = read(node, key);
  if (!isLeaf && current !== undefined && current !== null) rejectChange(change, `"${key}" is a plain value`);
  if (key === '-' && !Array.isArray(node)) rejectChange(change, 'only a list can be appended to');
  if (key !== '-' && Array.isArray(node) && current === undefined)
    rejectChange(change, `the list has no item ${key}`);
}

/** Replaces an existing list item: `add` would shift the others. */
function operationFor(node: Node, key: string, op: Change['op']): PatchOperation['op'] {
  const exists = Object.hasOwn(node, key);
  return exists && key !== '-' && (op === 'replace' || Array.isArray(node)) ? 'replace' : 'add';
}

function place(draft: Draft, change: Change, segments: readonly string[]): void {
  const { node, depth } = findParent(draft, segments);
  const key = segments[depth] ?? '';
  checkTarget(change, { node, key, isLeaf: depth === segments.length - 1 });
  const value = nest(segments.slice(depth + 1), change.value, draft.fresh);
  if (!draft.fresh.has(node)) {
    const path = leadingSegments(change.path, depth + 1);
    draft.operations.push({ op: operationFor(node, key, change.op), path, value });
  }
  write(node, key, value);
}

/**
 * Writes changes as RFC 6902 operations against `object`. Because `add` requires an existing parent (RFC 6902, section 4.1), one
 * operation adds a missing parent, such as `/metadata/annotations`, with all its new values. `/-` appends, and makes a missing
 * parent a list.
 * @throws AppError `invalid-change`: a bug of wasmgate, never a fault of the Pod
 */
export function createPatch(object: object, changes: readonly Change[]): readonly PatchOperation[] {
  const draft: Draft = {
    root: copyOf(object as Node),
    copied: new Set(),
    fresh: new Set(),
    operations: [],
  };
  for (const change of changes) {
    const segments = parsePointer(change.path);
    if (segments.length === 0) rejectChange(change, 'it names the whole object');
    if (segments.includes('__proto__')) rejectChange(change, 'no field of Kubernetes has that name');
    place(draft, change, segments);
  }
  return draft.operations;
}

/** Encodes a patch as an AdmissionResponse carries it. */
export function encodePatch(operations: readonly PatchOperation[]): string {
  return Buffer.from(JSON.stringify(operations), 'utf8').toString('base64');
}
