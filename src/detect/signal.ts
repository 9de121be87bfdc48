import type { ImageVariant } from '../image/image-facts.ts';
import { formatPlatform } from '../image/platform.ts';
import type { EffectiveCommand } from './effective-command.ts';
import type { Evidence, Flavour, UnknownVerdict, NotAWorkloadVerdict, Verdict } from './verdict.ts';

/** What a signal looks at: one manifest with its config, and the command that would run. */
export interface Subject {
  readonly variant: ImageVariant;
  readonly command: EffectiveCommand;
}

/** One known sign. The first row of the table that answers decides. */
export interface Signal {
  readonly id: string;
  /** Where the rule comes from. */
  readonly source: string;
  readonly judge: (subject: Subject) => Verdict | null;
}

export function configTypeEvidence({ variant }: Subject, meaning: string): Evidence {
  return { field: 'manifest.config.mediaType', value: variant.manifest.config.mediaType, meaning };
}

export function layerEvidence({ variant }: Subject, index: number, meaning: string): Evidence {
  const value = variant.manifest.layers[index]?.mediaType ?? '';
  return { field: `manifest.layers[${index}].mediaType`, value, meaning };
}

export function platformEvidence({ variant }: Subject, meaning: string): Evidence {
  return { field: 'config.os/architecture', value: formatPlatform(variant.config.platform), meaning };
}

export function commandEvidence({ command }: Subject, meaning: string): Evidence {
  const field = command.origin === 'none' ? 'config.Entrypoint' : `${command.origin}[0]`;
  return { field, value: command.first ?? '', meaning };
}

export function notAWorkload(flavour: Flavour | null, what: string, evidence: Evidence): NotAWorkloadVerdict {
  return { kind: 'not-a-workload', flavour, what, evidence: [evidence] };
}

/** An image that was read, but whose form nothing is known to run or that the registry cannot settle. */
export function unsupported(detail: string, evidence: readonly Evidence[]): UnknownVerdict {
  return { kind: 'unknown', reason: 'unsupported', detail, advice: null, evidence };
}
