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
} as const;

export interface WarmUpDeps {
  /** The path of an admission: it respects modes and skip lists, and reads layers as an admission would. */
  readonly assess: AssessPod;
  readonly catalog: Pick<ImageCatalog, 'isKnown'>;
  readonly runningPods: RunningPodsPort;
}

export interface WarmUpResult {
  /** Images that are known now. */
  readonly lookedUp: number;
  readonly failed: number;
}

/** Reasons for which no further image of a registry is looked up: a start must not add to its trouble, or wait for it. */
const STOPS_REGISTRY: ReadonlySet<UnknownReason> = new Set(['rate-limited', 'unreachable', 'timeout']);

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
function createSelection({ catalog }: Pick<WarmUpDeps, 'catalog'>) {
  const { maxPods, maxHubImages } = WARM_UP_LIMITS;
  const seen = new Set<string>();
  const stopped = new Set<string>();
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
      registries.some((registry) => registry !== null && stopped.has(registry));
    if (isLeftOut) return false;
    seen.add(key);
    hubImages += hub;
    return true;
  }

  return {
    take,
    unknownImages,
    stop: (image: string): void => void stopped.add(registryOf(image) ?? ''),
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
function failures(assessment: Assessment): readonly (readonly [image: string, reason: UnknownReason])[] {
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
  { assess, catalog, runningPods }: WarmUpDeps,
  signal: AbortSignal,
  onProgress: (result: WarmUpResult) => void,
): Promise<void> {
  const selection = createSelection({ catalog });
  const result = { lookedUp: 0, failed: 0 };

  async function learn(running: RunningPod): Promise<void> {
    if (signal.aborted || !selection.take(running)) return;
    const before = selection.unknownImages(running).length;
    const deadline = { signal: () => signal };
    const assessment = await assess({
      ...running,
      subject: 'pod',
      step: 'validate',
      deadline,
      isDryRun: true,
    });
    const failed = failures(assessment);
    for (const [image, reason] of failed) if (STOPS_REGISTRY.has(reason)) selection.stop(image);
    result.lookedUp += before - selection.unknownImages(running).length;
    result.failed += new Set(failed.map(([image]) => image)).size;
    onProgress({ ...result });
  }

  for await (const page of runningPods.pages(signal)) {
    const waiting = byNeed(page).values();
    const worker = async (): Promise<void> => {
      for (const running of waiting) await learn(running);
    };
    await Promise.all(Array.from({ length: WARM_UP_LIMITS.atOnce }, worker));
    if (signal.aborted || selection.isFull()) return;
  }
}
