import type { AuditReport } from '../../audit/audit-report.ts';
import type {
  ClassNodes,
  ClassUse,
  ImageKind,
  KnownHandler,
} from '../../audit/capabilities/class-capability.ts';
import type { NodeRuntime, RuntimeName } from '../../audit/capabilities/node-runtimes.ts';

const RUNTIME_NAMES: Readonly<Record<RuntimeName, string>> = {
  containerd: 'containerd',
  'cri-o': 'CRI-O',
  docker: 'docker',
  krustlet: 'krustlet',
  other: 'unknown runtime',
};

export function runtimeWords({ runtime, release }: Pick<NodeRuntime, 'runtime' | 'release'>): string {
  return release === null ? RUNTIME_NAMES[runtime] : `${RUNTIME_NAMES[runtime]} ${release}`;
}

/** Says what outcomes mean in a cluster where wasmgate does nothing; '' if it is installed. */
export function installationWords({ cluster: { wasmgate } }: Pick<AuditReport, 'cluster'>): string {
  switch (wasmgate) {
    case 'installed':
      return '';
    case 'not-installed':
      return 'Outcomes are what wasmgate would do: its webhook is not installed there (no MutatingWebhookConfiguration "wasmgate").';
    case 'unknown':
      return 'Whether wasmgate is installed there is unknown: MutatingWebhookConfiguration "wasmgate" could not be read.';
  }
}

/**
 * Describes how many nodes have the handler, of those that Pods of the class may run on: `3 of 5`, or `3+ of 5` and `up to 2 of 5`
 * if some do not report their handlers.
 */
export function nodeWords(nodes: ClassNodes | null): string {
  if (nodes === null) return 'unknown';
  const { withHandler, withoutHandler, unreported } = nodes;
  const reachable = withHandler + withoutHandler + unreported;
  if (reachable === 0) return '0';
  if (unreported === reachable) return 'unknown';
  const of = `of ${reachable.toLocaleString('en')}`;
  if (unreported === 0) return `${withHandler.toLocaleString('en')} ${of}`;
  return withHandler > 0
    ? `${withHandler.toLocaleString('en')}+ ${of}`
    : `up to ${unreported.toLocaleString('en')} ${of}`;
}

export function useWords(use: ClassUse | null): string {
  return use === null ? '?' : (use.named + use.chosen).toLocaleString('en');
}

/** Kinds that are one thing in two packagings. */
interface KindWords {
  readonly name: string;
  readonly kinds: readonly [all: ImageKind, ...others: ImageKind[]];
  /** The word for each kind if only it runs. */
  readonly single: readonly string[];
}

const KIND_WORDS: readonly KindWords[] = [
  { name: 'Linux images', kinds: ['linux'], single: ['Linux images'] },
  {
    name: 'modules',
    kinds: ['moduleFile', 'moduleArtifact'],
    single: ['modules in files', 'modules in Wasm layers'],
  },
  {
    name: 'components',
    kinds: ['componentFile', 'componentArtifact'],
    single: ['components in files', 'components in Wasm layers'],
  },
  { name: 'Spin applications', kinds: ['spin'], single: ['Spin applications'] },
  { name: 'slight applications', kinds: ['slight'], single: ['slight applications'] },
];

function wordsFor(runs: NonNullable<KnownHandler['runs']>, wanted: 'yes' | 'conditional' | 'unknown') {
  return KIND_WORDS.flatMap(({ name, kinds, single }) => {
    const fitting = kinds.map((kind, index) => (runs[kind] === wanted ? single[index] : undefined));
    const found = fitting.filter((word) => word !== undefined);
    return found.length === kinds.length ? [name] : found;
  });
}

/** `Linux images, modules; perhaps Spin applications` */
export function runsWords({ title, isForWasm, runs }: KnownHandler): string {
  if (runs === null) return isForWasm === false ? 'Linux images only' : 'unknown to wasmgate';
  const parts = [wordsFor(runs, 'yes').join(', ')];
  const conditional = wordsFor(runs, 'conditional');
  const unknown = wordsFor(runs, 'unknown');
  if (conditional.length > 0) parts.push(`${conditional.join(', ')} with the annotation`);
  if (unknown.length > 0) parts.push(`perhaps ${unknown.join(', ')}`);
  return parts.filter((part) => part !== '').join('; ') || (title ?? '');
}

/** `wasmtime (40)`: the nodes of the group that report each handler, without the number if all do. */
export function handlerCounts({ handlers, nodes, unreported }: NodeRuntime): readonly string[] {
  const reported = Object.entries(handlers).map(([name, number]) =>
    number === nodes ? name : `${name} (${number.toLocaleString('en')})`,
  );
  if (unreported === 0) return reported;
  return [
    ...reported,
    unreported === nodes ? 'not reported' : `not reported (${unreported.toLocaleString('en')})`,
  ];
}
