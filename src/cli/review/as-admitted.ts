import type { AssessPod } from '../../assess/assessment.ts';
import type { ServiceAccountsPort } from '../../assess/ports.ts';
import { serviceAccountOf } from '../../pod/pull-secret-names.ts';

/**
 * A Pod as the webhook would see it: before it is asked, the API server has copied the account's pull secrets into a Pod
 * that names none (ServiceAccount admission). They decide which images can be read; nothing else is touched.
 */
export function asAdmitted(assess: AssessPod, accounts: ServiceAccountsPort): AssessPod {
  return async (request) => {
    const { pod, subject, namespace, deadline } = request;
    if (subject !== 'pod' || (pod.spec.imagePullSecrets ?? []).length > 0) return assess(request);
    const secrets = await accounts.pullSecrets(namespace, serviceAccountOf(pod), deadline.signal());
    if (secrets.length === 0) return assess(request);
    const spec = { ...pod.spec, imagePullSecrets: secrets.map((secret) => ({ name: secret })) };
    return assess({ ...request, pod: { ...pod, spec } });
  };
}
