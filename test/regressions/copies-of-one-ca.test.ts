import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { findTrustFault } from '../../src/certs/find-trust-fault.ts';
import { issue, type Issued } from '../support/certs/issue.ts';

/** Counts the signatures that are verified. */
function counted(pem: string, count: () => void): X509Certificate {
  const certificate = new X509Certificate(pem);
  const verify = certificate.verify.bind(certificate);
  certificate.verify = (key) => {
    count();
    return verify(key);
  };
  return certificate;
}

/** Certificates of one CA, renewed with the same key: each has signed all others. */
function issueCopies(count: number): Promise<readonly Issued[]> {
  const keyPair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return Promise.all(Array.from({ length: count }, () => issue({ commonName: 'CA', isCa: true, keyPair })));
}

/** wasmgate tried all orders: ten copies in one tls.crt took minutes, in which the server answered nothing. */
test('copies of one CA in a chain are looked at once each', async () => {
  const copies = await issueCopies(6);
  const leaf = await issue({ commonName: 'leaf', ...(copies[0] === undefined ? {} : { by: copies[0] }) });
  const other = await issue({ commonName: 'other CA', isCa: true });
  let verified = 0;
  const count = (): void => void (verified += 1);
  const chain = [leaf, ...copies].map(({ cert }) => counted(cert, count));
  const roots = [new X509Certificate(other.cert)];
  expect(findTrustFault(chain, roots, new Date())).toBe('no CA that is trusted has signed it');
  expect(verified).toBeLessThanOrEqual(chain.length ** 2);
  const [, first] = copies;
  expect(findTrustFault(chain, [new X509Certificate(first?.cert ?? '')], new Date())).toBeNull();
});
