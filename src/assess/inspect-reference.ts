import type { CommandOverride } from '../detect/effective-command.ts';
import { AppError } from '../errors.ts';
import type { Platform } from '../image/platform.ts';
import { asFailure, type ImageFailure } from './image-catalog.ts';
import { reportFacts, reportFailure, type ReportedImage, type Traffic } from './image-report.ts';
import { inspectImage, type Inspection } from './inspect-image.ts';
import { inspectPlatform, type NamedImage } from './inspect-platform.ts';
import type { RegistryPort } from './ports.ts';

export interface ReferenceQuestion extends Omit<Inspection, 'architectures'> {
  /** Of the entry of an index; null: the one that nodes of the usual architectures take. */
  readonly platform: Platform | null;
  readonly override: CommandOverride;
}

interface InspectDeps {
  readonly registry: RegistryPort;
  /** Asked when all is done. */
  readonly traffic: () => Traffic;
}

async function inspectNamed(
  registry: RegistryPort,
  question: Omit<Inspection, 'architectures'>,
  platform: Platform | null,
): Promise<NamedImage> {
  if (platform !== null)
    return inspectPlatform(registry, { ...question, platform, architectures: [platform.architecture] });
  const facts = await inspectImage(registry, { ...question, architectures: [] });
  return { named: facts, facts };
}

/** Advice of the registry client is for those who run the webhook; whoever asks by hand gets the command's own. */
function asInspectFailure(error: unknown): ImageFailure {
  return error instanceof AppError && error.code === 'no-entry'
    ? { kind: 'failure', reason: 'not-found', detail: error.message, advice: error.advice }
    : { ...asFailure(error), advice: null };
}

/** One image, looked up now and told whole. What the registry or the network did is part of the report, never thrown. */
export async function inspectReference(
  { registry, traffic }: InspectDeps,
  { platform, override, ...question }: ReferenceQuestion,
): Promise<ReportedImage> {
  const { reference } = question;
  try {
    const image = await inspectNamed(registry, question, platform);
    return reportFacts(reference, { ...image, override, traffic: traffic() });
  } catch (error) {
    const { reason, detail, advice } = asInspectFailure(error);
    return reportFailure(reference, { reason, detail, advice, traffic: traffic() });
  }
}
