import { detectWasm } from '../../detect/detect-wasm.ts';
import type { CommandOverride } from '../../detect/effective-command.ts';
import type {
  Evidence,
  Flavour,
  Shape,
  UnknownReason,
  UnknownVerdict,
  Verdict,
} from '../../detect/verdict.ts';
import type { Platform } from '../../image/platform.ts';
import { formatReference, type Reference } from '../../image/reference.ts';
import { describeVerdict } from '../../policy/describe.ts';
import type { NamedImage } from './inspect-platform.ts';
import { reportHandlers, type HandlerReport } from './report-handlers.ts';
import { describePull, PULL_UNKNOWN, reportPull, type PullReport } from './report-pull.ts';

/** A verdict as `inspect` and `review` tell it. */
export interface ReportedVerdict {
  readonly kind: Verdict['kind'];
  readonly flavour: Flavour | null;
  readonly shape: Shape | null;
  readonly reason: UnknownReason | null;
}

/** Everything that `inspect` tells: keys, their order and their types are a promise to scripts. */
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
  /** Of bodies, as read. */
  readonly bytes: number;
}

export type Traffic = Pick<ImageReport, 'requests' | 'bytes'>;

/** A report with what does not stand in it: words for people. */
export interface DescribedImage {
  readonly report: ImageReport;
  /** What the image is. */
  readonly what: string;
  /** Where it pulls; null where that is not known. */
  readonly pulls: string | null;
  /** Why it is not known, and what to do about this very image; null where it is known, or nothing special is to do. */
  readonly detail: string | null;
  readonly advice: string | null;
  /** Why no look inside was had where one was wanted. */
  readonly note: string | null;
}

export function reportVerdict(verdict: Verdict): ReportedVerdict {
  return {
    kind: verdict.kind,
    flavour: verdict.kind === 'wasm' || verdict.kind === 'not-a-workload' ? verdict.flavour : null,
    shape: verdict.kind === 'wasm' ? verdict.shape : null,
    reason: verdict.kind === 'unknown' ? verdict.reason : null,
  };
}

interface Known {
  /** Null where nothing is. */
  readonly image: NamedImage | null;
  /** Platforms of the cluster's nodes; empty where they are not known. */
  readonly nodes: readonly Platform[];
  readonly verdict: Verdict;
  readonly traffic: Traffic;
}

function reportImage(reference: Reference, { image, nodes, verdict, traffic }: Known): DescribedImage {
  const report: ImageReport = {
    reference: formatReference(reference),
    digest: image?.named.digest ?? null,
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
  return { report, what: describeVerdict(verdict), pulls, detail, advice, note: null };
}

/** @param known.override the command that a Pod would give it */
export function reportFacts(
  reference: Reference,
  known: NamedImage & Pick<Known, 'nodes' | 'traffic'> & { readonly override: CommandOverride },
): DescribedImage {
  const { named, facts, nodes, override, traffic } = known;
  return reportImage(reference, {
    image: { named, facts },
    nodes,
    verdict: detectWasm(facts, override),
    traffic,
  });
}

export function reportFailure(
  reference: Reference,
  failure: Omit<UnknownVerdict, 'kind' | 'evidence'> & { readonly traffic: Traffic },
): DescribedImage {
  const { traffic, ...known } = failure;
  const verdict: Verdict = { kind: 'unknown', evidence: [], ...known };
  return reportImage(reference, { image: null, nodes: [], verdict, traffic });
}
