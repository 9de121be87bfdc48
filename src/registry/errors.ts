import type { UnknownReason } from '../detect/verdict.ts';
import type { RegistryFailure } from '../images/ports.ts';
import { AppError, redact } from '../lib/errors.ts';

/** The requested image. */
export interface ImageSubject {
  readonly registry: string;
  readonly repository: string;
  /** The reference as written in a Pod. */
  readonly reference: string;
}

export interface RegistryErrorDetails {
  /** The last part of `Cannot read image "…": <state>`. */
  readonly state: string;
  readonly status?: number;
  readonly advice?: string;
  readonly cause?: unknown;
  /** True if an immediate retry may succeed: resets, 5xx, 429. */
  readonly transient?: boolean;
  /** From Retry-After. */
  readonly retryAfterMs?: number | null;
  /** The host that failed. */
  readonly host?: string;
  /** A token server or a redirect target failed, not the endpoint itself. */
  readonly isElsewhere?: boolean;
}

const ADVICE: Readonly<Record<UnknownReason, string>> = {
  unreachable: 'Check that the registry is up and that wasmgate can reach it (DNS, network policy, proxy).',
  timeout: 'The registry is slow or silent. The lookup continues in the background, so try again shortly.',
  tls: "Add the registry's certificate authority to registry.caFile.",
  unauthorized: 'Name a pull secret for this registry in imagePullSecrets, and check that it may pull.',
  'not-found': 'Check the repository and the tag. Private registries also answer this without a login.',
  'rate-limited':
    'Use a pull secret (registries grant logged-in users more requests), a mirror, or policy.skipImages.',
  'denied-by-config':
    'Name the address in registry.allowAddresses, use a mirror, or list the image in policy.skipImages.',
  unsupported: 'List the image in policy.skipImages if nodes can pull it.',
  'too-large': 'No image manifest or config is this large; check the reference.',
  invalid: 'Check that the host is an OCI registry, and that no proxy changes its responses.',
};

/** The only error that the client throws: a reason of the closed list, the image, what happened, and advice. */
export class RegistryError extends AppError<UnknownReason> implements RegistryFailure {
  readonly registry: string;
  readonly repository: string;
  readonly reference: string;
  readonly state: string;
  readonly status: number | null;
  readonly transient: boolean;
  readonly retryAfterMs: number | null;
  readonly host: string | null;
  readonly isElsewhere: boolean;

  constructor(reason: UnknownReason, subject: ImageSubject, details: RegistryErrorDetails) {
    super(reason, `Cannot read image "${subject.reference}": ${details.state}`, {
      advice: details.advice ?? ADVICE[reason],
      ...(details.cause === undefined ? {} : { cause: details.cause }),
    });
    this.registry = subject.registry;
    this.repository = subject.repository;
    this.reference = subject.reference;
    this.state = redact(details.state);
    this.status = details.status ?? null;
    this.transient = details.transient ?? false;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.host = details.host ?? null;
    this.isElsewhere = details.isElsewhere ?? false;
  }
}

/** Failures without an answer about the image. */
const UNANSWERED: ReadonlySet<UnknownReason> = new Set(['unreachable', 'timeout', 'tls', 'rate-limited']);

/**
 * Picks the failure to fix. If the last endpoint answered, its failure counts. If it did not, as in a cluster without
 * access to the upstream, images come from a mirror, so a mirror's failure counts: first one with a status.
 */
function chooseCause(last: RegistryError, mirrors: readonly RegistryError[]): RegistryError {
  if (!UNANSWERED.has(last.code) || last.status !== null) return last;
  const failing = mirrors.filter(({ code }) => UNANSWERED.has(code));
  return failing.find(({ status }) => status !== null) ?? failing[0] ?? last;
}

function summarize({ host, registry, status, code }: RegistryError): string {
  return `${host ?? registry} (${status ?? code})`;
}

/** Combines the failures of all endpoints: the one to fix, then the others in brief. Names the image as requested. */
export function afterMirrors(last: RegistryError, mirrors: readonly RegistryError[]): RegistryError {
  if (mirrors.length === 0) return last;
  const cause = chooseCause(last, mirrors);
  const { registry, repository, reference } = last;
  const others = [...mirrors, last].filter((failure) => failure !== cause).map(summarize);
  return new RegistryError(
    cause.code,
    { registry, repository, reference },
    {
      state: `${cause.state}; also failed: ${others.join(', ')}`,
      ...(cause.status === null ? {} : { status: cause.status }),
      ...(cause.advice === null ? {} : { advice: cause.advice }),
      ...(cause.host === null ? {} : { host: cause.host }),
      isElsewhere: cause.isElsewhere,
      cause,
    },
  );
}
