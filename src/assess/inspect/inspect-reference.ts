import type { CommandOverride } from '../../detect/effective-command.ts';
import type { Platform } from '../../image/platform.ts';
import type { ImageFailure } from '../../images/image-answer.ts';
import { asFailure } from '../../images/image-failure.ts';
import { inspectImage, type Inspection } from '../../images/inspect-image.ts';
import type { PeekImage } from '../../images/peek-image.ts';
import type { RegistryPort } from '../../images/ports.ts';
import { AppError } from '../../lib/errors.ts';
import { reportFacts, reportFailure, type DescribedImage, type Traffic } from './image-report.ts';
import { inspectPlatform, type NamedImage } from './inspect-platform.ts';

export interface ReferenceQuestion extends Omit<Inspection, 'architectures'> {
  /** Selects the entry of an index; null selects what these nodes take, or else nodes of the usual architectures. */
  readonly platform: Platform | null;
  readonly override: CommandOverride;
  /** Platforms of the cluster's nodes; empty where they are not known. */
  readonly nodes: readonly Platform[];
}

interface InspectDeps {
  readonly registry: RegistryPort;
  /** Null: nobody looks inside. */
  readonly peek: PeekImage | null;
  /** Asked when all is done. */
  readonly traffic: () => Traffic;
}

/** What the registry says of the reference, and where that leaves something open what its layers show. */
async function inspectNamed(
  { registry, peek }: InspectDeps,
  { platform, override, nodes, ...question }: ReferenceQuestion,
): Promise<{ readonly image: NamedImage; readonly note: string | null }> {
  const image =
    platform === null
      ? await inspectAny(registry, { ...question, architectures: architecturesOf(nodes) })
      : await inspectPlatform(registry, { ...question, platform, architectures: [platform.architecture] });
  if (peek === null) return { image, note: null };
  try {
    // As the webhook would, so that both say the same: an image that nothing hints at costs two requests and no look.
    const facts = await peek({ ...question, facts: image.facts, override, scope: 'sign' });
    return { image: { ...image, facts }, note: null };
  } catch (error) {
    // What the manifest says stays true.
    return { image, note: asFailure(error).detail };
  }
}

async function inspectAny(registry: RegistryPort, inspection: Inspection): Promise<NamedImage> {
  const facts = await inspectImage(registry, inspection);
  return { named: facts, facts };
}

function architecturesOf(nodes: readonly Platform[]): readonly string[] {
  return [...new Set(nodes.map(({ architecture }) => architecture))];
}

/** Advice of the registry client is for those who run the webhook; whoever asks by hand gets the command's own. */
function asInspectFailure(error: unknown): ImageFailure {
  return error instanceof AppError && error.code === 'no-entry'
    ? { kind: 'failure', reason: 'not-found', detail: error.message, advice: error.advice }
    : { ...asFailure(error), advice: null };
}

/** One image, looked up now and told whole. What the registry or the network did is part of the report, never thrown. */
export async function inspectReference(
  deps: InspectDeps,
  question: ReferenceQuestion,
): Promise<DescribedImage> {
  const { reference, override, nodes } = question;
  const { traffic } = deps;
  try {
    const { image, note } = await inspectNamed(deps, question);
    return { ...reportFacts(reference, { ...image, override, nodes, traffic: traffic() }), note };
  } catch (error) {
    const { reason, detail, advice } = asInspectFailure(error);
    return reportFailure(reference, { reason, detail, advice, traffic: traffic() });
  }
}
