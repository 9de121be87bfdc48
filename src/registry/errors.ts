import type { UnknownReason } from '../detect/verdict.ts';
import type { RegistryFailure } from '../images/ports.ts';
import { AppError, redact } from '../lib/errors.ts';

/** The image that was asked for. */
export interface ImageSubject {
  readonly registry: string;
  readonly repository: string;
  /** As people write it. */
  readonly reference: string;
}

export interface RegistryErrorDetails {
  /** What came back, the last part of `Cannot read image "…": <state>`. */
  readonly state: string;
  readonly status?: number;
  readonly advice?: string;
  readonly cause?: unknown;
  /** Whether the same request may succeed at once: resets, 5xx, 429. */
  readonly transient?: boolean;
  /** How long the registry asks callers to wait. */
  readonly retryAfterMs?: number | null;
  /** The host that failed. */
  readonly host?: string;
  /** A token server or the target of a redirect failed, not the endpoint that was asked. */
  readonly isElsewhere?: boolean;
}

const ADVICE: Readonly<Record<UnknownReason, string>> = {
  unreachable: 'Check that the registry is up and that wasmgate can reach it (DNS, network policy, proxy).',
  timeout: 'The registry is slow or silent; the look-up goes on, so try again shortly.',
  tls: 'Add the registry\'s certificate authority to "caFile", or check the host name and the clock.',
  unauthorized: 'Name a pull secret for this registry in imagePullSecrets, and check that it may pull.',
  'not-found': 'Check the repository and the tag; private registries also answer so without a login.',
  'rate-limited': 'Use a pull secret (registries allow logged-in users more), a mirror, or "skipImages".',
  'denied-by-config':
    'Name the address in "allowAddresses", use a mirror, or list the image in "skipImages".',
  unsupported: 'List the image in "skipImages" if nodes can pull it all the same.',
  'too-large': 'Nothing this large is an image manifest or config; check the reference.',
  invalid: 'Check that the host is an OCI registry, and that nothing in between changes its answers.',
};

/** Everything the client throws: a reason of the closed list, the image, what came back and what to do about it. */
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

/** Failures to answer: what is known of the image afterwards is what was known before. */
const UNANSWERED: ReadonlySet<UnknownReason> = new Set(['unreachable', 'timeout', 'tls', 'rate-limited']);

/**
 * Picks the failure that people must mend. The last endpoint's answer stands. If it gave none, as in a cluster without a
 * way to the upstream, images come from a mirror, so the mirror's failure does; one that answered something before one that
 * did not.
 */
function chooseCause(last: RegistryError, mirrors: readonly RegistryError[]): RegistryError {
  if (!UNANSWERED.has(last.code) || last.status !== null) return last;
  const failing = mirrors.filter(({ code }) => UNANSWERED.has(code));
  return failing.find(({ status }) => status !== null) ?? failing[0] ?? last;
}

function summarize({ host, registry, status, code }: RegistryError): string {
  return `${host ?? registry} (${status ?? code})`;
}

/** One failure of several, the cause first; the others are named in a few words. The image is named as it was asked for. */
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
