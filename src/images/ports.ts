import type { Credential, Keyring } from '../credentials/credential.ts';
import type { UnknownReason } from '../detect/verdict.ts';
import type { Digest, Reference } from '../image/reference.ts';

/** A document from the registry. Its digest was verified against its bytes. */
export interface FetchedDocument {
  /** Parsed JSON. */
  readonly document: unknown;
  /** Content-Type for manifests, '' for blobs. */
  readonly mediaType: string;
  readonly digest: Digest;
  /** True of a manifest that stands for an image without one, such as a docker archive's: no registry has this digest. */
  readonly isStandIn?: boolean;
}

/** Memory for the documents of one lookup, which holds all of them until it ends. */
export interface MemoryReservation {
  /** Reserves bytes before they are held; false if they do not fit. */
  readonly reserve: (bytes: number) => boolean;
  /** Releases the bytes of a document that is not held after all. */
  readonly release: (bytes: number) => void;
  /** Waits for a larger reservation; false if none is available. */
  readonly enlarge: () => Promise<boolean>;
}

export interface FetchOptions {
  /** Tried in order, then anonymous access; the credential that worked is used for the rest of the image. */
  readonly credentials: readonly Credential[];
  readonly signal: AbortSignal;
  /** The namespace that the request is for: one tenant's share and failures must not affect another's. */
  readonly tenant: string;
  /** Called for each failed attempt, including those that are retried. Must not throw. */
  readonly onFailedTry?: (failure: RegistryFailure) => void;
  /** Absent if memory is not shared; each document still has its own cap. */
  readonly memory?: MemoryReservation;
}

/** A request for the first bytes of a layer, which are read as they arrive. */
export interface LayerReadRequest<Result> {
  readonly layer: { readonly digest: Digest; readonly size: number };
  /** Bytes of the blob, as the registry stores it. */
  readonly maxBytes: number;
  /** Bytes after decompression (gzip, zstd); null leaves them compressed. */
  readonly maxInflatedBytes: number | null;
  /**
   * Reads the bytes, which end without an error where a bound is met. It may return early. It is called again if a broken
   * connection is retried.
   */
  readonly read: (bytes: AsyncIterable<Uint8Array>) => Promise<Result>;
}

/** The registry as the use cases need it. Every method throws a `RegistryFailure` if the registry or the network fails. */
export interface RegistryPort {
  /** Fetches by digest if the reference has one (and verifies it), otherwise by tag. */
  readonly fetchManifest: (reference: Reference, options: FetchOptions) => Promise<FetchedDocument>;
  /** Fetches a JSON blob, such as a config, and verifies it against `digest`. */
  readonly fetchJsonBlob: (
    reference: Reference,
    blob: { readonly digest: Digest; readonly size: number },
    options: FetchOptions,
  ) => Promise<FetchedDocument>;
  /**
   * Reads the head of a layer, with as few bytes as the registry allows. A head cannot be verified against the digest of the
   * whole, so its content counts for this repository of this registry only.
   */
  readonly readLayer: <Result>(
    reference: Reference,
    request: LayerReadRequest<Result>,
    options: FetchOptions,
  ) => Promise<Result>;
  /** Resolves a tag to its current digest, by HEAD; null if the registry does not return one. */
  readonly resolveDigest: (reference: Reference, options: FetchOptions) => Promise<Digest | null>;
  /** Reports whether every endpoint for this reference is down for all tenants now. */
  readonly isUnreachable: (reference: Reference) => boolean;
}

/** Why an image could not be read, with one of a closed list of reasons. Thrown by `RegistryPort` and `PullSecretsPort`. */
export interface RegistryFailure extends Error {
  readonly code: UnknownReason;
  readonly advice: string | null;
  /** The host that failed; absent if no host did. */
  readonly host?: string | null;
  /** True if a token server or a redirect target failed: `RegistryPort` backs off from the registry itself only. */
  readonly isElsewhere?: boolean;
}

/** Pull secrets of a namespace, read by name only. */
export interface PullSecretsPort {
  /**
   * Returns the credentials of the named secrets, in order, and which entries exceeded a bound. Secrets that do not exist are
   * skipped, as the kubelet does.
   * @throws RegistryFailure `unauthorized`, naming the missing Role, if the API server forbids the read
   */
  readonly read: (namespace: string, names: readonly string[], signal: AbortSignal) => Promise<Keyring>;
  /** Evicts these secrets from the cache, after a registry rejected them with 401. */
  readonly forget: (namespace: string, names: readonly string[]) => void;
}

/** The operator's own credentials, which stand in for those that nodes have beside a Pod's pull secrets. */
export interface KeychainPort {
  /**
   * Returns the credentials that may apply to the image, in the order to try them. Never rejects: a credential that cannot be
   * read is logged and left out, as on a node.
   */
  readonly credentialsFor: (reference: Reference, signal: AbortSignal) => Promise<readonly Credential[]>;
}

/** A stored snapshot, as read. */
export interface StoredSnapshot {
  /** Null if there is none yet. */
  readonly text: string | null;
  /** For a later write. */
  readonly version: string;
}

/** Where snapshots of the image cache outlive the process, for all replicas. Both methods throw AppErrors. */
export interface SnapshotPort {
  /** Returns null if nothing has changed since that version. @throws AppError `not-found` or `forbidden` if none are kept here */
  readonly read: (since: string | null, signal: AbortSignal) => Promise<StoredSnapshot | null>;
  /** Returns the new version. @throws AppError `conflict` if another replica wrote since, `too-large` */
  readonly write: (text: string, version: string, signal: AbortSignal) => Promise<string>;
}
