import { detectWasm } from '../../detect/detect-wasm.ts';
import type { CommandOverride } from '../../detect/effective-command.ts';
import type { Evidence, Flavour, Shape, UnknownReason, Verdict } from '../../detect/verdict.ts';
import type { Platform } from '../../image/platform.ts';
import { formatReference, type Reference } from '../../image/reference.ts';
import type { ImageFailure } from '../../images/image-result.ts';
import type { InspectedReference, NamedImage } from '../../images/inspect-reference.ts';
import { VARIANT_ANNOTATION } from '../../pod/names.ts';
import { describeVerdict } from '../../policy/describe.ts';
import { SPIN_COMMAND } from '../../policy/facts.ts';
import { canRun, type Need, type Runs } from '../../policy/handlers/can-run.ts';
import { HANDLER_PROFILES, type HandlerProfile } from '../../policy/handlers/handler-profiles.ts';
import { describePull, PULL_UNKNOWN, reportPull, type PullReport } from './report-pull.ts';

/** A verdict as `inspect` and `review` report it. */
export interface ReportedVerdict {
  readonly kind: Verdict['kind'];
  readonly flavour: Flavour | null;
  readonly shape: Shape | null;
  readonly reason: UnknownReason | null;
}

export interface HandlerReport {
  readonly runs: Runs['runs'];
  /** Follows the handler's name, with what it needs: `runs core modules; needs a command in the Pod`. */
  readonly why: string;
}

/** The JSON report of `inspect`. Scripts rely on its keys, their order and their types. */
export interface ImageReport {
  readonly reference: string;
  readonly digest: string | null;
  readonly mediaType: string | null;
  readonly verdict: ReportedVerdict;
  readonly evidence: readonly Evidence[];
  readonly pull: PullReport;
  readonly handlers: Readonly<Record<string, HandlerReport>>;
  /** Sent to registries and token servers. */
  readonly requests: number;
  /** Received in bodies. */
  readonly bytes: number;
}

export type Traffic = Pick<ImageReport, 'requests' | 'bytes'>;

/** A report, with descriptions for people. */
export interface DescribedImage {
  readonly report: ImageReport;
  /** What the image is. */
  readonly what: string;
  /** Where it pulls; null if unknown. */
  readonly pulls: string | null;
  /** Why the image is unknown; null if it is known. */
  readonly detail: string | null;
  /** What to do about this very image; null if there is nothing specific. */
  readonly advice: string | null;
  /** Why the layers could not be read; null if they were, or need not be. */
  readonly note: string | null;
  /** What holds the image, such as an OCI layout; null for a registry. */
  readonly file: string | null;
}

export function reportVerdict(verdict: Verdict): ReportedVerdict {
  return {
    kind: verdict.kind,
    flavour: verdict.kind === 'wasm' || verdict.kind === 'not-a-workload' ? verdict.flavour : null,
    shape: verdict.kind === 'wasm' ? verdict.shape : null,
    reason: verdict.kind === 'unknown' ? verdict.reason : null,
  };
}

const NEEDS: Readonly<Record<Need, string>> = {
  'variant-annotation': `the Pod annotation ${VARIANT_ANNOTATION}: compat-smart`,
  command: 'a command in the Pod',
  'spin-command': `command ${JSON.stringify(SPIN_COMMAND)} in the Pod`,
};

const WRITABLE_ROOT = 'a writable root file system';

function describeRuns({ why, runs, needs, assumesModule }: Runs, profile: HandlerProfile): string {
  const needed = needs.map((need) => NEEDS[need]);
  if (profile.needsWritableRoot && (runs === 'yes' || runs === 'conditional')) needed.push(WRITABLE_ROOT);
  const parts = [why];
  if (needed.length > 0) parts.push(`needs ${needed.join(' and ')}`);
  if (assumesModule) parts.push('assumed to be a core module, as nothing shows that it is a component');
  return parts.join('; ');
}

/** Reports for each known handler, by its usual name, whether it runs the image. */
function reportHandlers(verdict: Verdict): Readonly<Record<string, HandlerReport>> {
  return Object.fromEntries(
    HANDLER_PROFILES.map((profile): [string, HandlerReport] => {
      const runs = canRun(profile, verdict);
      return [profile.name, { runs: runs.runs, why: describeRuns(runs, profile) }];
    }),
  );
}

/** The inputs of a report, besides the image. */
export interface ReportContext {
  /** The command that a Pod would give the image. */
  readonly override: CommandOverride;
  /** Platforms of the cluster's nodes; empty if unknown. */
  readonly nodes: readonly Platform[];
  readonly traffic: Traffic;
  /** What the report calls the image (default: the reference). */
  readonly name?: string;
}

function describeImage(
  reference: Reference,
  { image, verdict }: { readonly image: NamedImage | null; readonly verdict: Verdict },
  { nodes, traffic, name = formatReference(reference) }: ReportContext,
): DescribedImage {
  const report: ImageReport = {
    reference: name,
    digest: image === null || image.named.isStandIn === true ? null : image.named.digest,
    mediaType: image?.named.mediaType ?? null,
    verdict: reportVerdict(verdict),
    evidence: verdict.evidence.map(({ field, value, meaning }) => ({ field, value, meaning })),
    pull: image === null ? PULL_UNKNOWN : reportPull(reference, { ...image, nodes }),
    handlers: reportHandlers(verdict),
    requests: traffic.requests,
    bytes: traffic.bytes,
  };
  const { detail, advice } = verdict.kind === 'unknown' ? verdict : { detail: null, advice: null };
  const pulls = image === null ? null : describePull(report.pull, image.named);
  return { report, what: describeVerdict(verdict), pulls, detail, advice, note: null, file: null };
}

/** Reports one image, or why the registry or the network did not deliver it. */
export function reportImage(
  reference: Reference,
  inspected: InspectedReference | ImageFailure,
  context: ReportContext,
): DescribedImage {
  if (inspected.kind === 'failure') {
    const { reason, detail, advice } = inspected;
    const verdict: Verdict = { kind: 'unknown', reason, detail, advice, evidence: [] };
    return describeImage(reference, { image: null, verdict }, context);
  }
  const { image, note } = inspected;
  const verdict = detectWasm(image.facts, context.override);
  return { ...describeImage(reference, { image, verdict }, context), note };
}
