import type { Credential, Keyring } from '../credentials/credential.ts';
import type { UnknownReason } from '../detect/verdict.ts';
import type { Digest, Reference } from '../image/reference.ts';

/** A document from the registry, its digest verified against its bytes. */
export interface FetchedDocument {
  /** Parsed JSON. */
  readonly document: unknown;
  /** Content-Type for manifests, '' for blobs. */
  readonly mediaType: string;
  readonly digest: Digest;
}

/** Memory for the documents of one look-up: they are held together until it ends, the first while the last is waited for. */
export interface ReadingRoom {
  /** Takes so many bytes of memory before they are held; false where they do not fit in. */
  readonly take: (bytes: number) => boolean;
  /** Of a document that is not held after all. */
  readonly giveBack: (bytes: number) => void;
  /** Waits for more room; false where there is none to be had. */
  readonly enlarge: () => Promise<boolean>;
}

export interface FetchOptions {
  /** Tried in order, anonymous access last; the one that worked is used for the rest of the image. */
  readonly credentials: readonly Credential[];
  readonly signal: AbortSignal;
  /** The namespace on whose behalf the registry is asked, for shares and failures that one tenant must not pass on. */
  readonly tenant: string;
  /** Called for each try that failed, those that are tried again among them. Must not throw. */
  readonly onFailedTry?: (failure: RegistryFailure) => void;
  /** Absent where nobody shares the memory; each document has its own cap all the same. */
  readonly room?: ReadingRoom;
}

/** The first bytes of a layer, to be looked at as they come. */
export interface LayerQuestion<Result> {
  readonly layer: { readonly digest: Digest; readonly size: number };
  /** Of the blob, as it lies in the registry. */
  readonly maxBytes: number;
  /** Of what comes out where gzip or zstd is taken off; null: the bytes are wanted as they lie there. */
  readonly maxInflatedBytes: number | null;
  /**
   * Looks at the bytes, which end without a word where a bound is met; leaving early is well. Called anew where a broken
   * connection is tried again.
   */
  readonly look: (bytes: AsyncIterable<Uint8Array>) => Promise<Result>;
}

/**
 * The registry as the use cases need it.
 * Every method throws a `RegistryFailure` for whatever the registry or the network did.
 */
export interface RegistryPort {
  /** By digest where the reference has one (verified), else by tag. */
  readonly fetchManifest: (reference: Reference, options: FetchOptions) => Promise<FetchedDocument>;
  /** A blob that holds JSON, such as a config; verified against `digest`. */
  readonly fetchJsonBlob: (
    reference: Reference,
    blob: { readonly digest: Digest; readonly size: number },
    options: FetchOptions,
  ) => Promise<FetchedDocument>;
  /**
   * The head of a layer, with as few bytes as the registry lets us take. A head cannot be checked against the digest of
   * the whole: what it shows is the word of this registry for this repository, and must not be told of any other.
   */
  readonly readLayer: <Result>(
    reference: Reference,
    question: LayerQuestion<Result>,
    options: FetchOptions,
  ) => Promise<Result>;
  /** The digest a tag stands for now, by HEAD; null where the registry does not tell. */
  readonly resolveDigest: (reference: Reference, options: FetchOptions) => Promise<Digest | null>;
  /** Whether every endpoint that would be asked for this reference is down for everybody just now. */
  readonly isUnreachable: (reference: Reference) => boolean;
}

/** Why an image could not be known, in the closed list of reasons. Thrown by `RegistryPort` and `PullSecretsPort`. */
export interface RegistryFailure extends Error {
  readonly code: UnknownReason;
  readonly advice: string | null;
  /** The host that failed; absent if no host did. */
  readonly host?: string | null;
  /** A token server or the target of a redirect failed: `RegistryPort` backs off from the registry itself only. */
  readonly isElsewhere?: boolean;
}

/** Pull secrets of a namespace, read by name only. */
export interface PullSecretsPort {
  /**
   * Returns the credentials of the named secrets, in order, and what the bounds left out of them. Secrets that do not exist
   * are skipped, as the kubelet does.
   * @throws RegistryFailure `unauthorized` naming the missing Role where the API server forbids the read
   */
  readonly read: (namespace: string, names: readonly string[], signal: AbortSignal) => Promise<Keyring>;
  /** Forgets what was cached for these secrets: called when a registry answered 401 to them. */
  readonly forget: (namespace: string, names: readonly string[]) => void;
}

/** The operator's own credentials, which stand for what nodes have beside a Pod's pull secrets. */
export interface KeychainPort {
  /**
   * What there is for the image and may be for others too, in the order to try. Never rejects: a credential that cannot be
   * had is told in the log and is none, as on a node.
   */
  readonly credentialsFor: (reference: Reference, signal: AbortSignal) => Promise<readonly Credential[]>;
}
