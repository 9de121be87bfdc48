import type { DecidedAssessment } from '../../assess/assessment.ts';
import { parsePointer } from '../../pod/json-pointer.ts';
import type { Change, RatedFinding } from '../../policy/decision.ts';
import { describeClass, describeContainer, describeImage } from '../../policy/describe.ts';
import { isWasmContainer } from '../../policy/facts.ts';
import type { FindingId } from '../../policy/finding-catalog.ts';
import type { Installation } from '../audit-report.ts';

/** What a Pod that exists lacks, in words that follow the number of Pods which lack the same. */
export interface Lack {
  readonly id: FindingId;
  readonly severity: RatedFinding['severity'];
  readonly action: RatedFinding['action'];
  readonly container: string | null;
  /** What they do: `["runs …", "run …"]`, for one Pod and for several. */
  readonly predicate: readonly [one: string, several: string];
  readonly detail: string;
  /** Empty if recreating the Pods is all there is to do. */
  readonly advice: string;
  /** True if Pods that are created again have what these lack, as far as is known. */
  readonly endsByRecreation: boolean;
}

export interface Judging {
  readonly assessment: DecidedAssessment;
  readonly installation: Installation;
}

/** Says how to set what wasmgate sets in new Pods, unless it is certain to do so. */
function adviseToSet(
  setting: string,
  { assessment: { outcome }, installation }: Judging,
): Pick<Lack, 'advice' | 'endsByRecreation'> {
  const where = "in the Pod's manifest or template";
  if (outcome.mode === 'audit') return { advice: `Set ${setting} ${where}.`, endsByRecreation: false };
  switch (installation) {
    case 'not-installed':
      return { advice: `Set ${setting} ${where}, or install wasmgate.`, endsByRecreation: false };
    case 'unknown':
      return {
        advice: `Unless wasmgate is installed, set ${setting} ${where}.`,
        endsByRecreation: true,
      };
    case 'installed':
      return { advice: '', endsByRecreation: true };
  }
}

/** Describes the class that the Pod was created without. */
function missingClass({ id, severity, action }: RatedFinding, judging: Judging): Lack {
  const { containers, decision } = judging.assessment;
  const name = decision.runtimeClass.class?.name ?? '';
  const wasm = containers.find(isWasmContainer);
  const what = wasm === undefined ? 'it' : describeImage(wasm);
  return {
    id,
    severity,
    action,
    container: wasm?.container.name ?? null,
    predicate: ['runs without the class it needs', 'run without the class they need'],
    detail: `${what} and needs RuntimeClass "${name}"`,
    ...adviseToSet(`runtimeClassName: ${name}`, judging),
  };
}

const PREDICATES: Partial<Readonly<Record<FindingId, Lack['predicate']>>> = {
  'handler-cannot-run-image': [
    'runs under a class that cannot run it',
    'run under a class that cannot run them',
  ],
  'runtime-class-missing': [
    'runs under a class that no longer exists',
    'run under a class that no longer exists',
  ],
};

const FAILS: Lack['predicate'] = ['cannot run', 'cannot run'];
const MAY_FAIL: Lack['predicate'] = ['may not run', 'may not run'];

export function lackOf(finding: RatedFinding, judging: Judging): Lack {
  const { id, severity, action, container, detail, advice } = finding;
  if (id === 'wasm-image-without-runtime-class') return missingClass(finding, judging);
  const predicate = action === 'warn' ? MAY_FAIL : (PREDICATES[id] ?? FAILS);
  return { id, severity, action, container, predicate, detail, advice, endsByRecreation: advice === '' };
}

/** Describes a change that the Pod needed when it was created: the annotation that crun reads, or the command of a Spin application. */
export function lackOfChange({ path, value }: Change, judging: Judging): Lack {
  const { containers, decision } = judging.assessment;
  const common = { severity: 'error', action: 'deny' } as const;
  const found = containers.find((one) => path === `${one.path}/command`);
  if (found !== undefined) {
    return {
      ...common,
      id: 'command-required',
      container: found.container.name,
      predicate: ['runs without the command it needs', 'run without the command they need'],
      detail: `${describeImage(found)}, and no node starts a container without a command`,
      ...adviseToSet(`command: ${JSON.stringify(value)}`, judging),
    };
  }
  const wasm = containers.find(isWasmContainer);
  const who = wasm === undefined ? 'the container' : describeContainer(wasm);
  return {
    ...common,
    id: 'handler-cannot-run-image',
    container: wasm?.container.name ?? null,
    predicate: ['runs without the annotation it needs', 'run without the annotation they need'],
    detail: `${describeClass(decision.runtimeClass.class)} starts ${who} as a Linux program`,
    ...adviseToSet(`annotation ${parsePointer(path).at(-1) ?? ''}: ${String(value)}`, judging),
  };
}

/** Softens what the Pod's own state disproves, such as when the nodes' default runtime runs Wasm. */
export function soften(lack: Lack): Lack {
  const [one, several] = lack.predicate;
  return {
    ...lack,
    severity: 'warning',
    action: lack.action === 'deny' ? 'warn' : lack.action,
    predicate: [`is ready, although it ${one}`, `are ready, although they ${several}`],
  };
}
