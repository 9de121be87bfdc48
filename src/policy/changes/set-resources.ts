// why    A container without limits can take its node down, and one whose limit is too small dies before it starts, on
//        most handlers without a word.
// reads  resources of the Pod and its containers, the namespace's LimitRanges, the annotation of what they defaulted, the
//        image's size, the handler, the nodes.
// writes requests and limits of Wasm containers that set none, and tightens what a LimitRange defaulted; always within
//        every LimitRange and the Pod's own resources.
// allows everything that the user set.
import type { WasmVerdict } from '../../detect/verdict.ts';
import type { ImageFacts } from '../../image/image-facts.ts';
import type { ClusterNode } from '../../pod/cluster-objects.ts';
import { compileThreads, largestNode } from '../compile-threads.ts';
import type { Change, Finding } from '../decision.ts';
import type { AssessedContainer } from '../facts.ts';
import type { HandlerProfile } from '../handler-profiles.ts';
import { layerSizes } from '../layer-sizes.ts';
import { memoryFindings } from '../memory-findings.ts';
import { memoryFloor, type MemoryFloor } from '../memory-floor.ts';
import { changesOf, type FittedResource } from '../resource-change.ts';
import {
  mostOf,
  planOf,
  resourceFrame,
  type FrameQuestion,
  type PlannedResource,
} from '../resource-frame.ts';
import type { PolicySettings, Tier } from '../settings.ts';
import { wantedCpu, wantedMemory } from '../wanted-resources.ts';

export interface ResourceQuestion extends FrameQuestion {
  /** Of the class the Pod will have; null where its handler has none. */
  readonly profile: HandlerProfile | null;
  readonly settings: PolicySettings['resources'];
  /** Those that could take the Pod. */
  readonly nodes: readonly ClusterNode[];
}

export interface ResourceAnswer {
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
}

interface Managed extends AssessedContainer {
  readonly verdict: WasmVerdict;
  readonly facts: ImageFacts;
}

const NOTHING: ResourceAnswer = { changes: [], findings: [] };

/** Ephemeral containers may not have resources. */
function isManaged(container: AssessedContainer): container is Managed {
  return container.verdict.kind === 'wasm' && container.facts !== null && container.kind !== 'ephemeral';
}

function tierOf({ settings }: ResourceQuestion): Tier | null {
  return settings.tier === 'none' ? null : settings.tier;
}

function sizesAndPackaging({ facts, verdict }: Managed) {
  const { packaging } = verdict;
  return { packaging, sizes: layerSizes(facts, packaging) };
}

/** How many threads compile at once follows from the CPU limit that will stand. */
function floorOf(
  container: Managed,
  { profile, nodes }: ResourceQuestion,
  cpu: FittedResource | undefined,
): MemoryFloor {
  const threads = compileThreads(cpu?.fit?.limit ?? cpu?.slots.limit.value ?? null, largestNode(nodes));
  return memoryFloor({ profile, threads, ...sizesAndPackaging(container) });
}

interface Plans {
  readonly cpu: PlannedResource;
  readonly floors: ReadonlyMap<AssessedContainer, MemoryFloor>;
  readonly memory: PlannedResource;
}

/** CPU first, since memory depends on it. */
function plansFor(question: ResourceQuestion, managed: readonly Managed[]): Plans {
  const { profile, settings } = question;
  const tier = tierOf(question);
  const frame = resourceFrame(question, managed);
  const cpu = planOf(frame, 'cpu', (container) =>
    tier === null || !isManaged(container)
      ? null
      : wantedCpu({ tier, settings, profile, ...sizesAndPackaging(container) }),
  );
  const floors = new Map<AssessedContainer, MemoryFloor>(
    managed.map((container) => [container, floorOf(container, question, cpu.get(container))]),
  );
  const memory = planOf(frame, 'memory', (container) => {
    const floor = floors.get(container);
    return tier === null || floor === undefined ? null : wantedMemory(tier, floor);
  });
  return { cpu, floors, memory };
}

/** Asked again with its own result: no change. */
export function resourceChanges(question: ResourceQuestion): ResourceAnswer {
  const managed = question.containers.filter(isManaged);
  if (managed.length === 0) return NOTHING;
  const { cpu, floors, memory } = plansFor(question, managed);
  const most = mostOf(question, 'memory');
  const answers = managed.map((container): ResourceAnswer => {
    const [ofCpu, ofMemory, floor] = [cpu.get(container), memory.get(container), floors.get(container)];
    if (ofCpu === undefined || ofMemory === undefined || floor === undefined) return NOTHING;
    const { slots, fit } = ofMemory;
    return {
      changes: [...changesOf(container.path, ofCpu), ...changesOf(container.path, ofMemory)],
      findings: memoryFindings({
        container,
        profile: question.profile,
        floor,
        limit: slots.limit,
        fit,
        most,
      }),
    };
  });
  return {
    changes: answers.flatMap(({ changes }) => changes),
    findings: answers.flatMap(({ findings }) => findings),
  };
}
