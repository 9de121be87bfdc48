import { CERTIFICATE_TIMES } from './certificate-times.ts';

/** What to do about a certificate that cannot serve, and about a wrong `caBundle`; it depends on who writes them. */
export interface CertificateFixes {
  readonly certificate: string;
  readonly caBundle: string;
}

/** If other tools than wasmgate and cert-manager write them. */
export const OTHER_FIXES: CertificateFixes = {
  certificate: 'Issue another certificate, and write it as tls.crt and tls.key.',
  caBundle: 'Write the CA of the certificate into caBundle of both webhook configurations.',
};

/** If wasmgate writes them. @param namespace its own */
export function ownFixes(namespace: string): CertificateFixes {
  const within = `within ${CERTIFICATE_TIMES.checkMilliseconds / 1000} seconds while it runs`;
  const log = `If it does not, its log says why: kubectl -n ${namespace} logs deployment/wasmgate`;
  return {
    certificate: `wasmgate replaces it ${within}. ${log}`,
    caBundle: `wasmgate writes caBundle ${within}. ${log}`,
  };
}

/** The object that cert-manager's cainjector takes the CA from. */
interface InjectedFrom {
  readonly kind: 'certificate' | 'secret';
  readonly namespace: string;
  readonly name: string;
}

/** If cert-manager writes them. */
export function injectedFixes({ kind, namespace, name }: InjectedFrom): CertificateFixes {
  return {
    certificate: `kubectl -n ${namespace} describe ${kind} ${name} shows why there is no valid one.`,
    caBundle: `cert-manager’s cainjector writes caBundle from ${kind} ${namespace}/${name}. If it does not, its log says why: kubectl -n cert-manager logs deployment/cert-manager-cainjector`,
  };
}
