import {
  generateServingCertificate,
  LOCAL_NAMES,
  type ServingCertificate,
} from '../../../src/certs/serving-certificate.ts';

/** A certificate for this machine, with its CA. */
export function createTestCertificate(): Promise<ServingCertificate> {
  return generateServingCertificate(LOCAL_NAMES);
}

let shared: Promise<ServingCertificate> | undefined;

/** The same for all servers of a test file. */
export function sharedTestCertificate(): Promise<ServingCertificate> {
  shared ??= createTestCertificate();
  return shared;
}
