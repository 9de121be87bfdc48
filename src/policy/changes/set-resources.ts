// why    A container without limits can take its node down, and one whose limit is too small dies before it starts, on
//        most handlers without a word.
// reads  resources of the Pod and its containers, the LimitRanger annotation, the image's size, the handler, the nodes.
// writes requests and limits of Wasm containers that set none, and tightens what a LimitRange defaulted.
// allows everything that the user set.
import type { WasmVerdict } from '../../detect/verdict.ts';
import type { ImageFacts } from '../../image/image-facts.ts';
import type { ClusterNode } from '../../pod/cluster-objects.ts';
import { LIMIT_RANGER_ANNOTATION } from '../../pod/names.ts';
import type { Pod } from '../../pod/pod.ts';
import { compileThreads, largestNode } from '../compile-threads.ts';
import type { Change, Finding } from '../decision.ts';
import type { AssessedContainer } from '../facts.ts';
import { fitResource } from '../fit-resource.ts';
import type { HandlerProfile } from '../handler-profiles.ts';
import { layerSizes } from '../layer-sizes.ts';
import { parseLimitRanger, type DefaultedValues, type ResourceName } from '../limit-ranger-annotation.ts';
import { memoryFindings } from '../memory-findings.ts';
import { memoryFloor } from '../memory-floor.ts';
import { podBudget, type Budget } from '../pod-budget.ts';
import { changesOf, type FittedResource } from '../resource-change.ts';
import { readSlots } from '../resource-slots.ts';
import type { PolicySettings } from '../settings.ts';
import { wantedCpu, wantedMemory, type WantedResource } from '../wanted-resources.ts';

export interface ResourceQuestion {
  readonly pod: Pod;
  /** All of the Pod's. */
  readonly containers: readonly AssessedContainer[];
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

/** What all containers of a Pod have in common. */
interface Frame {
  readonly question: ResourceQuestion;
  readonly defaulted: DefaultedValues;
  readonly budgets: Readonly<Record<ResourceName, Budget>>;
}

function frameOf(question: ResourceQuestion): Frame {
  const { pod, containers } = question;
  const defaulted = parseLimitRanger(pod.metadata?.annotations?.[LIMIT_RANGER_ANNOTATION]);
  const budget = (resource: ResourceName): Budget =>
    podBudget(pod, resource, () =>
      containers.map((container) => ({
        kind: container.kind,
        slots: readSlots(container, resource, defaulted),
        isManaged: isManaged(container),
      })),
    );
  return { question, defaulted, budgets: { cpu: budget('cpu'), memory: budget('memory') } };
}

interface Want {
  readonly resource: ResourceName;
  /** Null: nothing is to be set, only looked at. */
  readonly wanted: WantedResource | null;
}

function fitted(container: Managed, { resource, wanted }: Want, frame: Frame): FittedResource {
  const slots = readSlots(container, resource, frame.defaulted);
  const fit = wanted === null ? null : fitResource(slots, wanted, frame.budgets[resource]);
  return { resource, slots, wanted, fit };
}

/** CPU first: its limit says how many threads compile at once, and that says how much memory they need. */
function answerFor(container: Managed, frame: Frame): ResourceAnswer {
  const { profile, settings, nodes } = frame.question;
  const tier = settings.tier === 'none' ? null : settings.tier;
  const { packaging } = container.verdict;
  const sizes = layerSizes(container.facts, packaging);
  const cpuWanted = tier === null ? null : wantedCpu({ tier, settings, profile, packaging, sizes });
  const cpu = fitted(container, { resource: 'cpu', wanted: cpuWanted }, frame);
  const threads = compileThreads(cpu.fit?.limit ?? cpu.slots.limit.value, largestNode(nodes));
  const floor = memoryFloor({ profile, packaging, sizes, threads });
  const memoryWanted = tier === null ? null : wantedMemory(tier, floor);
  const memory = fitted(container, { resource: 'memory', wanted: memoryWanted }, frame);
  return {
    changes: [...changesOf(container.path, cpu), ...changesOf(container.path, memory)],
    findings: memoryFindings({ container, profile, floor, limit: memory.slots.limit, fit: memory.fit }),
  };
}

/** Asked again with its own result: no change. */
export function resourceChanges(question: ResourceQuestion): ResourceAnswer {
  const managed = question.containers.filter(isManaged);
  if (managed.length === 0) return NOTHING;
  const frame = frameOf(question);
  const answers = managed.map((container) => answerFor(container, frame));
  return {
    changes: answers.flatMap(({ changes }) => changes),
    findings: answers.flatMap(({ findings }) => findings),
  };
}
