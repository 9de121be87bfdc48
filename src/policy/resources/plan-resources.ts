// why    A container without limits can take its node down, and one whose limit is too small dies before it starts, on
//        most handlers without a word.
// reads  resources of the Pod and its containers, the namespace's LimitRanges, the annotation of what they defaulted, the
//        image's size, the handler, the nodes.
// writes requests and limits of Wasm containers that set none, and tightens what a LimitRange defaulted; always within
//        every LimitRange and the Pod's own resources. Requests of Linux containers only where the namespace asks for it.
// allows everything that the user set.
import type { ClusterNode } from '../../pod/cluster-objects.ts';
import type { Change, Finding } from '../decision.ts';
import { isWasmContainer, type AssessedContainer } from '../facts.ts';
import type { HandlerProfile } from '../handlers/handler-profiles.ts';
import type { Tier, TierChoice } from '../settings.ts';
import type { ResourceName } from './bounds.ts';
import { codeSizes, type SizedContainer } from './code-sizes.ts';
import { cpuFindings } from './cpu-findings.ts';
import type { Slots } from './current-values.ts';
import {
  isLinuxWithoutResources,
  wantedLinuxRequest,
  type LinuxRequests,
  wantedCpu,
  wantedMemory,
  type WantedResource,
} from './desired-values.ts';
import { changesOf, type FittedResource } from './fit-resource.ts';
import { memoryFindings } from './memory-findings.ts';
import { compileThreads, largestNode, memoryFloor, type MemoryFloor } from './memory-floor.ts';
import {
  mostOf,
  planOf,
  resourceFrame,
  type FrameQuestion,
  type PlannedResource,
  type ResourceFrame,
} from './plan-containers.ts';

/** What decides of Wasm containers. */
export interface WasmResources {
  /** Of the class the Pod will have; null where its handler has none. */
  readonly profile: HandlerProfile | null;
  readonly settings: { readonly tier: TierChoice; readonly cpuLimit: boolean };
  /** Those that could take the Pod. */
  readonly nodes: readonly ClusterNode[];
}

export interface ResourceQuestion extends FrameQuestion {
  /** Null where the Pod will have no class: what a container needs depends on it. */
  readonly wasm: WasmResources | null;
  /** Null where nobody asks for them. */
  readonly linux: LinuxRequests | null;
}

export interface ResourceAnswer {
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
}

/** What the containers need, of which the changes are written only for the class that is chosen. */
export interface ResourceOutlook {
  readonly findings: readonly Finding[];
  readonly changes: () => readonly Change[];
}

const NOTHING: ResourceOutlook = { findings: [], changes: () => [] };

/** Ephemeral containers may not have resources. */
function isWasm(container: AssessedContainer): container is SizedContainer {
  return isWasmContainer(container) && container.facts !== null && container.kind !== 'ephemeral';
}

function tierOf({ settings }: WasmResources): Tier | null {
  return settings.tier === 'none' ? null : settings.tier;
}

/** How many threads compile at once follows from the CPU limit that will stand. */
function floorOf(
  container: SizedContainer,
  { profile, nodes }: WasmResources,
  cpu: FittedResource | undefined,
): MemoryFloor {
  const threads = compileThreads(cpu?.fit?.limit ?? cpu?.slots.limit.value ?? null, largestNode(nodes));
  return memoryFloor({ profile, threads, ...codeSizes(container) });
}

interface Plans {
  readonly cpu: PlannedResource;
  readonly memory: PlannedResource;
  /** Of Wasm containers. */
  readonly floors: ReadonlyMap<AssessedContainer, MemoryFloor>;
}

/** Of one container. */
interface PlansOf {
  readonly cpu: FittedResource;
  readonly memory: FittedResource;
  readonly floor: MemoryFloor | undefined;
}

type Want = (container: AssessedContainer, slots: Slots) => WantedResource | null;

function orLinux({ linux }: ResourceQuestion, resource: ResourceName, ofWasm: Want): Want {
  return (container, slots) => {
    if (isWasm(container)) return ofWasm(container, slots);
    return linux !== null && isLinuxWithoutResources(container)
      ? wantedLinuxRequest(linux, resource, slots)
      : null;
  };
}

/** CPU first, since memory depends on it. */
function plansFor(
  question: ResourceQuestion,
  frame: ResourceFrame,
  ours: readonly AssessedContainer[],
): Plans {
  const { wasm } = question;
  const tier = wasm === null ? null : tierOf(wasm);
  const cpuOf: Want = (container) =>
    wasm === null || tier === null || !isWasm(container)
      ? null
      : wantedCpu({ tier, ...wasm, ...codeSizes(container) });
  const cpu = planOf(frame, 'cpu', orLinux(question, 'cpu', cpuOf));
  const floors = new Map<AssessedContainer, MemoryFloor>();
  for (const container of ours) {
    if (wasm !== null && isWasm(container))
      floors.set(container, floorOf(container, wasm, cpu.get(container)));
  }
  const memoryOf: Want = (container) => {
    const floor = floors.get(container);
    return tier === null || floor === undefined ? null : wantedMemory(tier, floor);
  };
  return { cpu, floors, memory: planOf(frame, 'memory', orLinux(question, 'memory', memoryOf)) };
}

function findingsFor(container: SizedContainer, plans: PlansOf, question: ResourceQuestion) {
  const { cpu, memory, floor } = plans;
  if (floor === undefined) return [];
  const profile = question.wasm?.profile ?? null;
  const image = { profile, ...codeSizes(container) };
  return [
    ...cpuFindings({ container, image, cpu, most: mostOf(question, 'cpu') }),
    ...memoryFindings({ container, profile, floor, memory, most: mostOf(question, 'memory') }),
  ];
}

function changesFor(
  { path }: AssessedContainer,
  cpu?: FittedResource,
  memory?: FittedResource,
): readonly Change[] {
  if (cpu === undefined || memory === undefined) return [];
  return [...changesOf(path, cpu), ...changesOf(path, memory)];
}

function findingsOf(
  container: AssessedContainer,
  plans: Plans,
  question: ResourceQuestion,
): readonly Finding[] {
  const [cpu, memory] = [plans.cpu.get(container), plans.memory.get(container)];
  if (cpu === undefined || memory === undefined || !isWasm(container)) return [];
  return findingsFor(container, { cpu, memory, floor: plans.floors.get(container) }, question);
}

function isOurs(container: AssessedContainer, { wasm, linux }: ResourceQuestion): boolean {
  return isWasm(container) ? wasm !== null : linux !== null && isLinuxWithoutResources(container);
}

export function planResources(question: ResourceQuestion): ResourceOutlook {
  const ours = question.containers.filter((container) => isOurs(container, question));
  if (ours.length === 0) return NOTHING;
  const plans = plansFor(question, resourceFrame(question, ours), ours);
  return {
    findings: ours.flatMap((container) => findingsOf(container, plans, question)),
    changes: () =>
      ours.flatMap((container) =>
        changesFor(container, plans.cpu.get(container), plans.memory.get(container)),
      ),
  };
}

/** Asked again with its own result: no change. */
export function resourceChanges(question: ResourceQuestion): ResourceAnswer {
  const { findings, changes } = planResources(question);
  return { findings, changes: changes() };
}
