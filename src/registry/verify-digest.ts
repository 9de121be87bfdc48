import { createHash } from 'node:crypto';
import { digestAlgorithm, isDigest, type Digest } from '../image/reference.ts';
import { RegistryError } from './errors.ts';
import { headerOf, type HttpRequest, type HttpResponse } from './http-types.ts';

function computeDigest(bytes: Uint8Array, algorithm: 'sha256' | 'sha512'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** What the header claims, null where it claims nothing that is a digest. */
export function claimedDigest(response: HttpResponse): Digest | null {
  const header = headerOf(response, 'docker-content-digest');
  return isDigest(header) ? header : null;
}

/**
 * The digest of what came. It must be what was asked for, and what the registry says of it: a header that differs from the
 * bytes means that something changed one of them on the way.
 * @throws RegistryError `invalid`
 */
export function verifyDigest(
  bytes: Uint8Array,
  expected: readonly (Digest | null)[],
  request: HttpRequest,
): Digest {
  const known = expected.filter((digest) => digest !== null);
  for (const digest of known) {
    const actual = computeDigest(bytes, digestAlgorithm(digest));
    if (actual !== digest) {
      throw new RegistryError('invalid', request.subject, {
        state: `${request.url.host} sends content with digest ${actual} where ${digest} is named`,
      });
    }
  }
  return known[0] ?? computeDigest(bytes, 'sha256');
}
