import type { UnknownReason } from '../detect/verdict.ts';
import { DOCKER_HUB, parseReference } from '../image/reference.ts';
import type { ImageCatalog } from '../images/image-catalog.ts';
import { AppError } from '../lib/errors.ts';
import { visitContainers } from '../pod/visit-containers.ts';
import type { Assessment, AssessPod } from './assessment.ts';
import type { RunningPod, RunningPodsPort } from './ports.ts';
import { pullSecretsOf } from './read-images.ts';

export const WARM_UP_LIMITS = {
  /** Pods whose images are looked up at once, of the 64 lookups that have a slot: admissions come first. */
  atOnce: 4,
  /** Pods whose images are looked up. Without a stored snapshot, these are all; others are looked up when they are needed. */
  maxPods: 500,
  /** Docker Hub counts a lookup as a pull, and grants 100 pulls in six hours to an address that sends no login. */
  maxHubImages: 25,
  /** Milliseconds to wait for the images of one Pod, of the ten seconds of a start. Slower lookups continue behind. */
  podMilliseconds: 3_000,
  /** Pods of one namespace that may wait that long: a tenant could name a registry that never answers in every Pod. */
  maxLatePods: 4,
} as const;

type WarmUpLimits = { readonly [Key in keyof typeof WARM_UP_LIMITS]?: number };

export interface WarmUpDeps {
  /** The path of an admission: it respects modes and skip lists, and reads layers as an admission would. */
  readonly assess: AssessPod;
  readonly catalog: Pick<ImageCatalog, 'isKnown'>;
  readonly runningPods: RunningPodsPort;
  readonly limits?: WarmUpLimits;
}

export interface WarmUpResult {
  /** Images that are known now. */
  readonly lookedUp: number;
  readonly failed: number;
}

/** Reasons for which no further image of a registry is looked up: a start must not add to its trouble, or wait for it. */
const STOPS_REGISTRY: ReadonlySet<UnknownReason> = new Set(['unreachable', 'timeout']);

type Failure = readonly [image: string, reason: UnknownReason];

/** Returns null for a text that is no reference. */
function registryOf(image: string): string | null {
  try {
    return parseReference(image).registry;
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** Selects Pods with images to look up. */
function createSelection({ catalog }: Pick<WarmUpDeps, 'catalog'>, limits: Required<WarmUpLimits>) {
  const { maxPods, maxHubImages, maxLatePods } = limits;
  const seen = new Set<string>();
  /** Registries, and `registry namespace` for a single namespace. */
  const stopped = new Set<string>();
  const latePods = new Map<string, number>();
  let hubImages = 0;

  function unknownImages({ namespace, pod }: RunningPod): readonly string[] {
    const pullSecrets = pullSecretsOf(pod);
    const images = new Set(visitContainers(pod.spec).map(({ container }) => container.image ?? ''));
    return [...images].filter(
      (image) =>
        registryOf(image) !== null && !catalog.isKnown({ image, namespace, pullSecrets, architectures: [] }),
    );
  }

  /** Reports whether the Pod is to be assessed, and counts it. */
  function take(running: RunningPod): boolean {
    const images = unknownImages(running);
    const key = [running.namespace, ...pullSecretsOf(running.pod), '', ...images].join('\n');
    const registries = images.map(registryOf);
    const hub = registries.filter((registry) => registry === DOCKER_HUB).length;
    const isLeftOut =
      images.length === 0 ||
      seen.has(key) ||
      seen.size >= maxPods ||
      hubImages + hub > maxHubImages ||
      (latePods.get(running.namespace) ?? 0) >= maxLatePods ||
      registries.some(
        (registry) => stopped.has(`${registry}`) || stopped.has(`${registry} ${running.namespace}`),
      );
    if (isLeftOut) return false;
    seen.add(key);
    hubImages += hub;
    return true;
  }

  return {
    take,
    unknownImages,
    /** Notes a registry that limits a namespace's requests, or does not answer. */
    note: ({ namespace }: RunningPod, failed: readonly Failure[]): void => {
      for (const [image, reason] of failed) {
        const registry = registryOf(image) ?? '';
        if (reason === 'rate-limited') stopped.add(`${registry} ${namespace}`);
        else if (STOPS_REGISTRY.has(reason)) stopped.add(registry);
      }
      if (failed.some(([, reason]) => reason === 'timeout'))
        latePods.set(namespace, (latePods.get(namespace) ?? 0) + 1);
    },
    isFull: () => seen.size >= maxPods,
  };
}

/** Those with a class come first: without their images, Pods like them would not be changed, and would not start. */
function byNeed(pods: readonly RunningPod[]): readonly RunningPod[] {
  const { first = [], later = [] } = Object.groupBy(pods, ({ pod }) =>
    pod.spec.runtimeClassName ? 'first' : 'later',
  );
  return [...first, ...later];
}

/** Returns the images of an assessment that could not be read, with the reasons. */
function failures(assessment: Assessment): readonly Failure[] {
  if (assessment.kind === 'skipped') return [];
  return assessment.containers.flatMap(({ image, verdict }) =>
    verdict.kind === 'unknown' && verdict.reason !== 'denied-by-config'
      ? [[image, verdict.reason] as const]
      : [],
  );
}

/**
 * Learns the images of running Pods that are not known yet, until the signal fires.
 * @throws AppError if the Pods cannot be listed
 */
export async function warmUp(
  { assess, catalog, runningPods, limits: given = {} }: WarmUpDeps,
  signal: AbortSignal,
  onProgress: (result: WarmUpResult) => void,
): Promise<void> {
  const limits = { ...WARM_UP_LIMITS, ...given };
  const selection = createSelection({ catalog }, limits);
  const result = { lookedUp: 0, failed: 0 };

  async function learn(running: RunningPod): Promise<void> {
    if (signal.aborted || !selection.take(running)) return;
    const before = selection.unknownImages(running).length;
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limits.podMilliseconds)]);
    const deadline = { signal: () => limited };
    const assessment = await assess({
      ...running,
      subject: 'pod',
      step: 'validate',
      deadline,
      isDryRun: true,
    });
    const failed = failures(assessment);
    selection.note(running, failed);
    result.lookedUp += before - selection.unknownImages(running).length;
    result.failed += new Set(failed.map(([image]) => image)).size;
    onProgress({ ...result });
  }

  for await (const page of runningPods.pages(signal)) {
    const waiting = byNeed(page).values();
    const worker = async (): Promise<void> => {
      for (const running of waiting) await learn(running);
    };
    await Promise.all(Array.from({ length: limits.atOnce }, worker));
    if (signal.aborted || selection.isFull()) return;
  }
}
