import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const BASE = new URL('../../manifests/base/', import.meta.url);
const FILES = ['mutating-webhook-configuration.yaml', 'validating-webhook-configuration.yaml'];

interface Webhook {
  readonly clientConfig: { readonly service: { readonly path: string } };
}

interface Configuration {
  readonly webhooks: readonly Webhook[];
}

export interface WebhookServer {
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  /** The only namespace whose objects it gets. */
  readonly namespace: string;
}

/** Returns the configurations that wasmgate ships, for a server of this machine and a single namespace. */
export function webhookConfigurations({ port, ca, namespace }: WebhookServer): readonly object[] {
  return FILES.map((file) => {
    const shipped = parse(readFileSync(new URL(file, BASE), 'utf8')) as Configuration;
    const webhooks = shipped.webhooks.map((webhook) => ({
      ...webhook,
      clientConfig: {
        url: `https://127.0.0.1:${port}${webhook.clientConfig.service.path}`,
        caBundle: Buffer.from(ca).toString('base64'),
      },
      failurePolicy: 'Fail',
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    }));
    return { ...shipped, metadata: { name: namespace }, webhooks };
  });
}
