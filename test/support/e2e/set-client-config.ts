import { getJson, type Kubectl, must } from '../kubernetes/kubectl.ts';

export const CONFIGURATION_KINDS = [
  'mutatingwebhookconfiguration',
  'validatingwebhookconfiguration',
] as const;

type ConfigurationKind = (typeof CONFIGURATION_KINDS)[number];

/** Sets a field of `clientConfig` in every webhook of wasmgate's configuration of this kind. */
export async function setClientConfig(
  kubectl: Kubectl,
  kind: ConfigurationKind,
  { field, value }: { readonly field: 'caBundle' | 'service/port'; readonly value: string | number },
): Promise<void> {
  const { webhooks } = await getJson<{ webhooks: readonly object[] }>(kubectl, [kind, 'wasmgate']);
  const patch = webhooks.map((_, index) => ({
    op: 'add',
    path: `/webhooks/${index}/clientConfig/${field}`,
    value,
  }));
  await must(kubectl(['patch', kind, 'wasmgate', '--type=json', `-p=${JSON.stringify(patch)}`]));
}

/** Writes certificates in PEM as the `caBundle` of every webhook. */
export async function setCaBundle(
  kubectl: Kubectl,
  pem: string,
  kinds: readonly ConfigurationKind[] = CONFIGURATION_KINDS,
): Promise<void> {
  const value = Buffer.from(pem).toString('base64');
  for (const kind of kinds) await setClientConfig(kubectl, kind, { field: 'caBundle', value });
}
