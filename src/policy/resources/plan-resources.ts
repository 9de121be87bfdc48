/**
 * Plans requests and limits of CPU and memory for the containers of a Pod.
 *
 * why: a container without limits can bring its node down, and one whose limit is too small dies before it starts, on most
 * handlers without a message.
 *
 * 1. current-values.ts reads the current values. Each is the user's, a LimitRange default, or absent.
 * 2. desired-values.ts derives the desired values. A Wasm container gets its tier's values: the CPU limit raised if the start
 *    would be slow (start-cost.ts), the memory limit raised to the floor, the least with which an image of its size starts
 *    (memory-floor.ts). A Linux container gets `policy.resources.linuxRequests`, in namespaces that enable them.
 * 3. bounds.ts reads the bounds that LimitRanges set for a container, pod-bounds.ts those of the whole Pod: its pod-level
 *    resources (`spec.resources`) and LimitRange items of type Pod.
 * 4. fit-resource.ts fits the desired values of one container within these bounds, plan-containers.ts those of all
 *    containers together. wasmgate sets absent values and lowers defaults; it never changes a value of the user.
 * 5. The plan becomes changes, and findings where a value or a bound keeps a container from starting (cpu-findings.ts,
 *    memory-findings.ts, limits-conflict.ts).
 *
 * CPU is planned before memory: Wasmtime compiles with as many threads as the CPU limit allows, and each thread needs memory.
 * ResourceQuotas are not read: Kubernetes checks them when the Pod is stored, against usage that changes with every Pod.
 */
import type { ClusterNode } from '../../pod/cluster-objects.ts';
import type { Change, Finding } from '../decision.ts';
import { isWasmContainer, type AssessedContainer } from '../facts.ts';
import type { HandlerProfile } from '../handlers/handler-profiles.ts';
import type { Tier, TierChoice } from '../settings.ts';
import type { ResourceName } from './bounds.ts';
import { codeSizes, hasSize, type SizedContainer } from './code-sizes.ts';
import { cpuFindings } from './cpu-findings.ts';
import {
  desiredCpu,
  desiredForLinux,
  desiredMemory,
  isLinuxWithoutResources,
  type DesiredValues,
  type LinuxRequests,
} from './desired-values.ts';
import { resourceChanges, type ContainerPlan } from './fit-resource.ts';
import { memoryFindings } from './memory-findings.ts';
import { compileThreads, memoryFloor, mostCores, type MemoryFloor } from './memory-floor.ts';
import {
  planContainers,
  planContext,
  type ContainerPlans,
  type Desire,
  type PlanInput,
} from './plan-containers.ts';
import { maxLimitOf } from './pod-bounds.ts';

/** The inputs for the resources of Wasm containers. */
interface WasmInput {
  /** The profile of the handler that the Pod will have; null if it has none. */
  readonly profile: HandlerProfile | null;
  readonly settings: { readonly tier: TierChoice; readonly cpuLimit: boolean };
  /** The nodes that could run the Pod. */
  readonly nodes: readonly ClusterNode[];
}

interface ResourceInput extends PlanInput {
  /** Null if the Pod will have no class: what a container needs depends on it. */
  readonly wasm: WasmInput | null;
  /** Null unless both the configuration and the namespace enable them. */
  readonly linux: LinuxRequests | null;
}

/** Changes are computed only for the class that is chosen. */
export interface ResourcePlan {
  readonly findings: readonly Finding[];
  readonly changes: () => readonly Change[];
}

const NOTHING: ResourcePlan = { findings: [], changes: () => [] };

/** Reports whether wasmgate may set resources of this Wasm container: the API server rejects them in ephemeral ones. */
function isWasm(container: AssessedContainer): container is SizedContainer {
  return isWasmContainer(container) && hasSize(container) && container.kind !== 'ephemeral';
}

function isOurs(container: AssessedContainer, { wasm, linux }: ResourceInput): boolean {
  return isWasm(container) ? wasm !== null : linux !== null && isLinuxWithoutResources(container);
}

function floorOf(
  container: SizedContainer,
  { profile, nodes }: WasmInput,
  cpu: ContainerPlan | undefined,
): MemoryFloor {
  const threads = compileThreads(cpu?.fitted?.limit ?? cpu?.current.limit.value ?? null, mostCores(nodes));
  return memoryFloor({ profile, threads, ...codeSizes(container) });
}

interface Plans {
  readonly cpu: ContainerPlans;
  readonly memory: ContainerPlans;
  /** The floors of Wasm containers. */
  readonly floors: ReadonlyMap<AssessedContainer, MemoryFloor>;
}

function planBoth(input: ResourceInput, ours: readonly AssessedContainer[]): Plans {
  const { wasm, linux } = input;
  const context = planContext(input, ours);
  const tier: Tier | null = wasm === null || wasm.settings.tier === 'none' ? null : wasm.settings.tier;
  const plan = (resource: ResourceName, forWasm: (container: SizedContainer) => DesiredValues | null) => {
    const desire: Desire = (container, current) => {
      if (isWasm(container)) return forWasm(container);
      return linux !== null && isLinuxWithoutResources(container)
        ? desiredForLinux(linux, resource, current)
        : null;
    };
    return planContainers(context, resource, desire);
  };
  const cpu = plan('cpu', (container) =>
    wasm === null || tier === null ? null : desiredCpu({ tier, ...wasm, ...codeSizes(container) }),
  );
  const floors = new Map(
    ours.flatMap((container): readonly [AssessedContainer, MemoryFloor][] =>
      wasm !== null && isWasm(container) ? [[container, floorOf(container, wasm, cpu.get(container))]] : [],
    ),
  );
  const memory = plan('memory', (container) => {
    const floor = floors.get(container);
    return tier === null || floor === undefined ? null : desiredMemory(tier, floor);
  });
  return { cpu, memory, floors };
}

function findingsFor(
  container: AssessedContainer,
  { cpu, memory, floors }: Plans,
  input: ResourceInput,
): readonly Finding[] {
  const [cpuPlan, memoryPlan, floor] = [cpu.get(container), memory.get(container), floors.get(container)];
  if (cpuPlan === undefined || memoryPlan === undefined || floor === undefined || !isWasm(container))
    return [];
  const profile = input.wasm?.profile ?? null;
  const code = { profile, ...codeSizes(container) };
  return [
    ...cpuFindings({ container, code, plan: cpuPlan, maxLimit: maxLimitOf(input, 'cpu') }),
    ...memoryFindings({ container, profile, floor, plan: memoryPlan, maxLimit: maxLimitOf(input, 'memory') }),
  ];
}

function changesFor(
  { path }: AssessedContainer,
  plans: readonly (ContainerPlan | undefined)[],
): readonly Change[] {
  return plans.flatMap((plan) => (plan === undefined ? [] : resourceChanges(path, plan)));
}

/** Plans the resources of a Pod. A Pod that already has the changes gets none. */
export function planResources(input: ResourceInput): ResourcePlan {
  const ours = input.containers.filter((container) => isOurs(container, input));
  if (ours.length === 0) return NOTHING;
  const plans = planBoth(input, ours);
  return {
    findings: ours.flatMap((container) => findingsFor(container, plans, input)),
    changes: () =>
      ours.flatMap((container) =>
        changesFor(container, [plans.cpu.get(container), plans.memory.get(container)]),
      ),
  };
}
