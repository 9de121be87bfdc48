import { counted } from '../../lib/words.ts';
import type { ClusterNode, RuntimeClass } from '../../pod/cluster-objects.ts';
import type { ClusterView } from '../../policy/facts.ts';
import type { Severity } from '../../policy/finding-catalog.ts';
import { runsForm, type Runs } from '../../policy/handlers/can-run.ts';
import { isNotForWasm } from '../../policy/handlers/handler-names.ts';
import { isShim, type HandlerProfile } from '../../policy/handlers/handler-profiles.ts';
import { handlerTable } from '../../policy/handlers/handler-table.ts';
import type { ImageForm } from '../../policy/handlers/image-form.ts';
import { nodeKinds } from '../../policy/nodes/node-kinds.ts';
import { classOutlook } from '../../policy/nodes/node-outlook.ts';
import { blockingTaints, tolerationsAtAdmission } from '../../policy/nodes/taints.ts';
import type { PolicySettings } from '../../policy/settings.ts';

/** Kinds of images that a class may run, by the form that stands for each. */
const IMAGE_KINDS = {
  linux: 'linux',
  moduleFile: 'module-file',
  moduleArtifact: 'artifact-module',
  componentFile: 'component-file',
  componentArtifact: 'artifact-component',
  spin: 'spin-app',
  slight: 'slight-files',
} as const satisfies Readonly<Record<string, ImageForm>>;
export type ImageKind = keyof typeof IMAGE_KINDS;

export interface KnownHandler {
  /** What wasmgate takes the handler for, such as "the Wasmtime shim"; null if it does not know the handler. */
  readonly title: string | null;
  /** True if the handler is for Wasm, false for `runc` or `nvidia`, null for an unknown one. */
  readonly isForWasm: boolean | null;
  /** How it runs images of each kind; null for an unknown handler. */
  readonly runs: Readonly<Record<ImageKind, Runs['runs']>> | null;
}

/** How many workloads have a class. */
export interface ClassUse {
  /** Workloads that name it. */
  readonly named: number;
  /** Workloads without a class for which wasmgate chooses it. */
  readonly chosen: number;
}

/** Where Pods of the class may run, apart from what they select and tolerate themselves. Cordoned nodes do not count. */
export interface ClassNodes {
  /** Nodes that the class selects: the sum of the next four. */
  readonly selected: number;
  readonly withHandler: number;
  readonly withoutHandler: number;
  /** Nodes that do not report their handlers. */
  readonly unreported: number;
  /** Nodes with a taint that the class does not tolerate. */
  readonly tainted: number;
  /** Nodes that have the handler, and that the class does not select or whose taints it does not tolerate. */
  readonly outOfReach: number;
  /** Names of the first nodes without the handler. */
  readonly examples: readonly string[];
}

/**
 * - `no-node`: every node reports its handlers, and none has this one
 * - `out-of-reach`: nodes have the handler, but the class's nodeSelector or tolerations keep its Pods away from them
 * - `some-nodes-lack-it`: the class lets Pods onto nodes without the handler
 */
export interface ClassProblem {
  readonly id: 'no-node' | 'out-of-reach' | 'some-nodes-lack-it';
  readonly severity: Severity;
  readonly message: string;
  readonly advice: string;
}

export interface ClassCapability extends KnownHandler {
  readonly name: string;
  readonly handler: string;
  /** Null if wasmgate could not list the nodes. */
  readonly nodes: ClassNodes | null;
  /** Null if the audit covered only a part of the cluster, so that the class may have other users. */
  readonly use: ClassUse | null;
  readonly problems: readonly ClassProblem[];
}

export interface ClassFacts {
  readonly cluster: ClusterView;
  readonly settings: PolicySettings;
  readonly use: ReadonlyMap<string, ClassUse> | null;
  /** What could be listed. An empty list that could not be read proves nothing. */
  readonly isKnown: { readonly classes: boolean; readonly nodes: boolean };
}

/** Nodes named as examples. */
const MAX_EXAMPLES = 3;

function isForWasm(handler: string, profile: HandlerProfile | null): boolean | null {
  if (profile === null) return isNotForWasm(handler) ? false : null;
  return isShim(profile) || profile.engine !== 'linux';
}

export function knownHandler(handler: string, { handlers }: Pick<PolicySettings, 'handlers'>): KnownHandler {
  const profile = handlerTable({ handlers }).profileOf(handler);
  return {
    title: profile?.title ?? null,
    isForWasm: isForWasm(handler, profile),
    runs: profile === null ? null : runsKinds(profile),
  };
}

function runsKinds(profile: HandlerProfile): Readonly<Record<ImageKind, Runs['runs']>> {
  const runs = (kind: ImageKind): Runs['runs'] => runsForm(profile, IMAGE_KINDS[kind]).runs;
  return {
    linux: runs('linux'),
    moduleFile: runs('moduleFile'),
    moduleArtifact: runs('moduleArtifact'),
    componentFile: runs('componentFile'),
    componentArtifact: runs('componentArtifact'),
    spin: runs('spin'),
    slight: runs('slight'),
  };
}

/** Sorts nodes by what a Pod of the class meets there. A taint comes before the handler, as for the scheduler. */
function countNodes(runtimeClass: RuntimeClass, { cluster, settings }: ClassFacts): ClassNodes {
  const { handler } = runtimeClass;
  const { within } = classOutlook(cluster, runtimeClass);
  const isWasm = knownHandler(handler, settings).isForWasm === true;
  const tolerations = tolerationsAtAdmission(runtimeClass, isWasm, settings);
  const counts = { withHandler: 0, withoutHandler: 0, unreported: 0, tainted: 0 };
  const lacking: ClusterNode[] = [];
  for (const kind of nodeKinds(within)) {
    const count = kind.nodes.length;
    if (blockingTaints(kind, tolerations).length > 0) counts.tainted += count;
    else if (kind.handlers === null) counts.unreported += count;
    else if (kind.handlers.includes(handler)) counts.withHandler += count;
    else {
      counts.withoutHandler += count;
      lacking.push(...kind.nodes);
    }
  }
  const offering = openNodesWith(cluster, handler);
  return {
    selected: within.length,
    ...counts,
    outOfReach: offering - counts.withHandler,
    examples: lacking.slice(0, MAX_EXAMPLES).map(({ name }) => name),
  };
}

/** Counts nodes with the handler that a new Pod could land on. */
function openNodesWith(cluster: ClusterView, handler: string): number {
  const { within } = classOutlook(cluster, { handler, nodeSelector: null, tolerations: null });
  return within.filter(({ handlers }) => handlers?.includes(handler) === true).length;
}

function describeReach({ selected, tainted }: ClassNodes): string {
  if (selected === 0) return "the class's nodeSelector selects no node";
  return tainted > 0
    ? 'the class does not tolerate their taints, or does not select them'
    : 'the class does not select them';
}

type Problem = Omit<ClassProblem, 'severity'>;

function noNode({ handler }: RuntimeClass): Problem {
  return {
    id: 'no-node',
    message: `No node has handler "${handler}", so Pods of this class stay in ContainerCreating.`,
    advice: `Install handler "${handler}" on nodes that the class selects, or delete the class.`,
  };
}

function outOfReach({ handler }: RuntimeClass, found: ClassNodes): Problem {
  return {
    id: 'out-of-reach',
    message: `${counted(found.outOfReach, 'node')} with handler "${handler}" cannot get Pods of this class: ${describeReach(found)}.`,
    advice:
      'Set scheduling.nodeSelector and scheduling.tolerations of the class so that they match these nodes.',
  };
}

function someLackIt({ handler }: RuntimeClass, { withoutHandler, examples }: ClassNodes): Problem {
  const such = examples[0] === undefined ? '' : `, such as "${examples[0]}"`;
  return {
    id: 'some-nodes-lack-it',
    message: `The class lets Pods onto ${counted(withoutHandler, 'node')} without handler "${handler}"${such}, where they never start.`,
    advice:
      'Label the nodes that have the handler, and select that label in scheduling.nodeSelector of the class.',
  };
}

/** Returns nothing that a node which does not report its handlers could disprove. */
function problemOf(runtimeClass: RuntimeClass, { cluster }: ClassFacts, found: ClassNodes): Problem | null {
  if (classOutlook(cluster, runtimeClass).presence === 'nowhere') return noNode(runtimeClass);
  const { withHandler, withoutHandler, unreported } = found;
  if (withHandler === 0)
    return unreported === 0 && found.outOfReach > 0 ? outOfReach(runtimeClass, found) : null;
  return withoutHandler > 0 ? someLackIt(runtimeClass, found) : null;
}

/** A class that nothing uses harms nothing. K3s creates ten. */
function severityFor(use: ClassUse | null): Severity {
  return use !== null && use.named + use.chosen === 0 ? 'info' : 'warning';
}

export function classCapability(runtimeClass: RuntimeClass, facts: ClassFacts): ClassCapability {
  const { name, handler } = runtimeClass;
  const { settings, use, isKnown } = facts;
  const found = isKnown.nodes ? countNodes(runtimeClass, facts) : null;
  const used = use === null ? null : (use.get(name) ?? { named: 0, chosen: 0 });
  const problem = found === null ? null : problemOf(runtimeClass, facts, found);
  return {
    name,
    handler,
    ...knownHandler(handler, settings),
    nodes: found,
    use: used,
    problems: problem === null ? [] : [{ ...problem, severity: severityFor(used) }],
  };
}
