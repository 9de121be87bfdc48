import { createHash } from 'node:crypto';

/** Returns a key of one length for parts that are JSON, whatever tenants put into names and secrets. It reveals none of them. */
export function hashKey(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
