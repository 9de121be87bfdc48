import type { RegistryFailure } from '../assess/ports.ts';
import type { UnknownReason } from '../detect/verdict.ts';
import { AppError, redact } from '../errors.ts';

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

/** What the last one says stands, and the image is named as it was asked for; what the mirrors said is told with it. */
export function afterMirrors(error: RegistryError, failures: readonly RegistryError[]): RegistryError {
  if (failures.length === 0) return error;
  const { code, registry, repository, reference, advice } = error;
  const earlier = failures.map(({ state }) => state).join('; ');
  return new RegistryError(
    code,
    { registry, repository, reference },
    {
      state: `${error.state}; mirrors before it: ${earlier}`,
      ...(error.status === null ? {} : { status: error.status }),
      ...(advice === null ? {} : { advice }),
      cause: error,
    },
  );
}
