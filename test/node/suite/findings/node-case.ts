import type { FindingId } from '../../../../src/policy/finding-catalog.ts';

/** A Pod of the suite. Names of images are those of the tables in test/node/images; the stage adds registry and tag. */
export interface CasePod {
  readonly annotations?: Readonly<Record<string, string>>;
  /** `restartPolicy` is Never unless it says otherwise. */
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly containers: readonly CaseContainer[];
    readonly initContainers?: readonly CaseContainer[];
  };
}

export type CaseContainer = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly image: string;
};

/** How a finding and what it warns of come about. */
export type Steps =
  /** wasmgate denies the Pod. Where wasmgate is off, the Pod is admitted, with this class if it names none. */
  | { readonly kind: 'denied'; readonly pod: CasePod; readonly under?: string }
  /** wasmgate admits the Pod with a warning. With `under`, another Pod of that class shows what it warns of. */
  | { readonly kind: 'warned'; readonly pod: CasePod; readonly under?: string }
  /** wasmgate warns about a Deployment, and the API server rejects its Pods. */
  | { readonly kind: 'rejected'; readonly pod: CasePod }
  /** wasmgate warns about a DaemonSet. */
  | { readonly kind: 'daemon-set'; readonly pod: CasePod }
  /** wasmgate denies another image for the first container. Where it is off, the Pod has this class if it names none. */
  | { readonly kind: 'updated'; readonly pod: CasePod; readonly image: string; readonly under?: string }
  /** wasmgate denies a debug container. */
  | { readonly kind: 'debugged'; readonly pod: CasePod; readonly debug: CaseContainer };

/** A Pod that has a finding, and how the node shows it. */
export type NodeCase = Steps & {
  /** The Pod in words, for the page and for the title of the test. */
  readonly what: string;
  /** What else wasmgate reports of the Pod. */
  readonly also?: readonly FindingId[];
  /** Words of the finding's explanation that the node writes, too. */
  readonly named: readonly string[];
  /** What else the node writes: see `describePods`. */
  readonly shows?: readonly string[];
  /** A handler that the node must have, or must not have. Absent: whatever handlers it has besides runc and wasmtime. */
  readonly needs?: string;
  readonly lacks?: string;
  /** The engine of crun, if others do something else. */
  readonly engine?: 'wasmedge';
  /** Namespaces with limits or other conditions of their own. */
  readonly namespaces?: NamespacePair;
  /** A Pod of class wasmtime that completes before, in the namespace without wasmgate. */
  readonly after?: CasePod;
};

/** A pair of namespaces, one with wasmgate and one without. `limited` has a LimitRange; `unchanged` no mutating webhook. */
export type NamespacePair = 'plain' | 'limited' | 'unchanged';

export type FindingEvidence =
  | { readonly kind: 'shown'; readonly cases: readonly [NodeCase, ...NodeCase[]] }
  /** The reason, as a sentence. */
  | { readonly kind: 'not-shown'; readonly why: string };

export function shown(...cases: readonly [NodeCase, ...NodeCase[]]): FindingEvidence {
  return { kind: 'shown', cases };
}

export function notShown(why: string): FindingEvidence {
  return { kind: 'not-shown', why };
}

/** Returns the findings that wasmgate should report. */
export function expectedFindings(id: FindingId, { also = [] }: NodeCase): readonly string[] {
  return [id, ...also].toSorted();
}

/** A Pod with one container called `app`. */
export function podOf(
  image: string,
  container: Readonly<Record<string, unknown>> = {},
  spec: Readonly<Record<string, unknown>> = {},
): CasePod {
  return { spec: { containers: [{ name: 'app', image, ...container }], ...spec } };
}

/** The small module beside a Linux container called `side`. */
export function withSidecar(
  sidecar: Readonly<Record<string, unknown>>,
  { annotations = {}, spec = {} }: Pick<CasePod, 'annotations'> & { readonly spec?: object } = {},
): CasePod {
  return {
    annotations,
    spec: {
      ...spec,
      containers: [
        { name: 'app', image: 'wasi-module' },
        { name: 'side', image: 'busybox', command: ['/bin/sh', '-c', 'echo ready; sleep 600'], ...sidecar },
      ],
    },
  };
}
