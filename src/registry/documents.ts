import { createHash } from 'node:crypto';
import { MANIFEST_ACCEPT } from '../image/media-types.ts';
import { digestAlgorithm, isDigest, type Digest, type Reference } from '../image/reference.ts';
import type { FetchedDocument, FetchOptions, RegistryPort } from '../images/ports.ts';
import { errorFromResponse } from './error-from-response.ts';
import { RegistryError } from './errors.ts';
import { imageSubject, type Exchange } from './exchange.ts';
import { headerOf, type HttpRequest, type HttpResponse } from './http-types.ts';
import type { RegistryLimits } from './limits.ts';
import { parseJsonBody, OutOfBudgetError, readBody, type BodyLimits } from './read-body.ts';

interface DocumentsDeps {
  readonly exchange: Exchange;
  readonly now: () => number;
}

const ACCEPT = { accept: MANIFEST_ACCEPT.join(', ') };

/** Statuses of registries without HEAD for manifests: the specification demands it, but some proxies lack it. */
const HEAD_UNSUPPORTED: ReadonlySet<number> = new Set([405, 501]);

/** OCI distribution spec 1.1, "Endpoints". No character of a parsed reference needs escaping in a URL. */
function manifestPath({ digest, tag }: Reference): string {
  return `manifests/${digest ?? tag ?? 'latest'}`;
}

function createReadDocument(now: () => number) {
  return async (
    [response, request]: readonly [HttpResponse, HttpRequest],
    digest: Digest | null,
    limits: BodyLimits,
  ): Promise<FetchedDocument> => {
    if (response.status !== 200) throw await errorFromResponse(response, request, now());
    const bytes = await readBody(response, request, limits);
    return {
      document: parseJsonBody(bytes, request, limits.memory),
      mediaType: headerOf(response, 'content-type'),
      digest: verifyDigest(bytes, [digest, claimedDigest(response)], request),
    };
  };
}

/** Fetches a document that exceeds the reservation again once memory is free; until then it holds no connection. */
async function withinBudget<Result>(
  reference: Reference,
  { memory, signal }: FetchOptions,
  fetchOnce: () => Promise<Result>,
): Promise<Result> {
  try {
    return await fetchOnce();
  } catch (error) {
    if (!(error instanceof OutOfBudgetError)) throw error;
  }
  if ((await memory?.enlarge()) !== true) {
    throw new RegistryError(signal.aborted ? 'timeout' : 'rate-limited', imageSubject(reference), {
      state: 'its manifest or config is unusually large, and wasmgate is already reading others of that size',
      advice: 'Try again in a few seconds.',
    });
  }
  try {
    return await fetchOnce();
  } catch (error) {
    if (!(error instanceof OutOfBudgetError)) throw error;
    throw new RegistryError('too-large', imageSubject(reference), {
      state: 'its manifests and configs together are larger than any image needs',
    });
  }
}

function createFetchJsonBlob(
  { exchange, now }: DocumentsDeps,
  limits: RegistryLimits,
): RegistryPort['fetchJsonBlob'] {
  const readDocument = createReadDocument(now);
  return async (reference, { digest, size }, options) => {
    if (size > limits.configBytes) {
      throw new RegistryError('too-large', imageSubject(reference), {
        state: `its config has ${size} bytes, and wasmgate reads at most ${limits.configBytes}`,
      });
    }
    const query = { reference, path: `blobs/${digest}`, isByTag: false, headers: {}, options } as const;
    const body = { cap: limits.configBytes, memory: options.memory };
    const document = await withinBudget(reference, options, () =>
      exchange({ ...query, method: 'GET' }, (...answer) => readDocument(answer, digest, body)),
    );
    return { ...document, mediaType: '' };
  };
}

function createResolveDigest({ exchange, now }: DocumentsDeps): RegistryPort['resolveDigest'] {
  return async (reference, options) => {
    if (reference.digest !== null) return reference.digest;
    const query = {
      reference,
      method: 'HEAD',
      path: manifestPath(reference),
      isByTag: true,
      headers: ACCEPT,
      options,
    } as const;
    return exchange(query, async (response, request) => {
      const { status } = response;
      if (status !== 200 && !HEAD_UNSUPPORTED.has(status))
        throw await errorFromResponse(response, request, now());
      await response.discard();
      return status === 200 ? claimedDigest(response) : null;
    });
  };
}

/** The topmost layer: fetches, verifies and parses the documents of an image. */
export function createDocuments(
  deps: DocumentsDeps,
  limits: RegistryLimits,
): Pick<RegistryPort, 'fetchManifest' | 'fetchJsonBlob' | 'resolveDigest'> {
  const readDocument = createReadDocument(deps.now);
  return {
    fetchManifest: async (reference, options) => {
      const { digest } = reference;
      const path = manifestPath(reference);
      const query = { reference, path, isByTag: digest === null, headers: ACCEPT, options } as const;
      const body = { cap: limits.manifestBytes, memory: options.memory };
      return withinBudget(reference, options, () =>
        deps.exchange({ ...query, method: 'GET' }, (...answer) => readDocument(answer, digest, body)),
      );
    },
    fetchJsonBlob: createFetchJsonBlob(deps, limits),
    resolveDigest: createResolveDigest(deps),
  };
}

function computeDigest(bytes: Uint8Array, algorithm: 'sha256' | 'sha512'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** Returns the digest in the response header; null if there is no valid one. */
function claimedDigest(response: HttpResponse): Digest | null {
  const header = headerOf(response, 'docker-content-digest');
  return isDigest(header) ? header : null;
}

/**
 * Returns the digest of the bytes. It must equal the requested digest and the header's: otherwise something changed the
 * content on the way.
 * @throws RegistryError `invalid`
 */
function verifyDigest(bytes: Uint8Array, expected: readonly (Digest | null)[], request: HttpRequest): Digest {
  const known = expected.filter((digest) => digest !== null);
  for (const digest of known) {
    const actual = computeDigest(bytes, digestAlgorithm(digest));
    if (actual !== digest) {
      throw new RegistryError('invalid', request.subject, {
        state: `${request.url.host} sends content with digest ${actual} instead of ${digest}`,
      });
    }
  }
  return known[0] ?? computeDigest(bytes, 'sha256');
}
