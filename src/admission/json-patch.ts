import { AppError } from '../lib/errors.ts';
import { leadingSegments, parsePointer } from '../pod/json-pointer.ts';
import type { Change } from '../policy/decision.ts';

/** RFC 6902, the two operations that wasmgate writes. */
export interface PatchOperation {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

type Node = Record<string, unknown>;

/**
 * The object as it stands after the operations so far. Only what lies on the path of a change is ever copied, one level
 * deep; `fresh` holds what stands inside an operation's own value, where a further change needs no operation of its own.
 */
interface Draft {
  root: Node;
  readonly copied: Set<object>;
  readonly fresh: Set<object>;
  readonly operations: PatchOperation[];
}

function refuse(change: Change, state: string): never {
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

/** The value with the parents it lacks: `['limits', 'cpu']` gives `{limits: {cpu: value}}`, `['-']` gives `[value]`. */
function nest(segments: readonly string[], value: unknown, fresh: Set<object>): unknown {
  return segments.reduceRight<unknown>((inner, segment) => {
    const parent = segment === '-' ? [inner] : { [segment]: inner };
    fresh.add(parent);
    return parent;
  }, value);
}

/** Steps to a child that may be written to, copying it the first time. */
function descend(draft: Draft, parent: Node, key: string): Node | null {
  const child = read(parent, key);
  if (!isContainer(child)) return null;
  if (draft.copied.has(child) || draft.fresh.has(child)) return child;
  const copy = copyOf(child);
  (draft.fresh.has(parent) ? draft.fresh : draft.copied).add(copy);
  write(parent, key, copy);
  return copy;
}

/** The deepest container of the path that is there, and how many segments lead to it. */
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

/** Where a value is to be put. */
interface Target {
  readonly node: Node;
  readonly key: string;
  /** Whether the path ends here. */
  readonly isLeaf: boolean;
}

function checkTarget(change: Change, { node, key, isLeaf }: Target): void {
  const current = read(node, key);
  if (!isLeaf && current !== undefined && current !== null) refuse(change, `"${key}" is a plain value`);
  if (key === '-' && !Array.isArray(node)) refuse(change, 'only a list can be appended to');
  if (key !== '-' && Array.isArray(node) && current === undefined)
    refuse(change, `the list has no item ${key}`);
}

/** `add` to an item of a list would shift the others: an item that is there is replaced. */
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
 * Changes as RFC 6902 operations against `object`. A missing parent (`/metadata/annotations` of a Pod without any) is added
 * in one operation together with everything that changes put under it, since `add` needs its parent to exist (RFC 6902,
 * section 4.1). `/-` appends; it is also what makes a missing parent a list.
 * @throws AppError `invalid-change`: a fault of ours, never of the Pod
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
    if (segments.length === 0) refuse(change, 'it names the whole object');
    if (segments.includes('__proto__')) refuse(change, 'no field of Kubernetes has that name');
    place(draft, change, segments);
  }
  return draft.operations;
}

/** A patch as an AdmissionResponse carries it. */
export function encodePatch(operations: readonly PatchOperation[]): string {
  return Buffer.from(JSON.stringify(operations), 'utf8').toString('base64');
}
