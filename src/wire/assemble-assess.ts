import { createAssessPod } from '../assess/assess-pod.ts';
import type { AssessPod } from '../assess/assessment.ts';
import type { ClusterPort, ServiceAccountsPort } from '../assess/ports.ts';
import { catalogOptions } from '../assess/settings.ts';
import { createImageCatalog, type ImageCatalog } from '../images/image-catalog.ts';
import type { KeychainPort, PullSecretsPort, RegistryPort } from '../images/ports.ts';
import type { Logger } from '../lib/logger.ts';
import type { Settings } from './settings.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export const DEFAULTS = {
  /** Where the manifests put us; a Pod of another installation says so by POD_NAMESPACE. */
  namespace: 'wasmgate-system',
} as const;

/** The parts of the outside world that the use case needs. */
export interface AssessParts {
  readonly cluster: ClusterPort;
  readonly pullSecrets: PullSecretsPort;
  readonly serviceAccounts: ServiceAccountsPort;
  readonly keychain?: KeychainPort | undefined;
  readonly registry: RegistryPort;
  readonly logger: Logger;
  /** Ours, whose Pods are not judged. */
  readonly namespace?: string;
  readonly metrics?: Pick<WebhookMetrics, 'images'>;
  /** Whether Pods are held up while they are assessed, as by the webhook. */
  readonly boundsWaits?: boolean;
}

/** The sections that it takes; images are remembered for as long as ever where nothing is said of it. */
export type AssessSettings = Pick<Settings, 'policy'> & Partial<Pick<Settings, 'images'>>;

/** The images that all policies share. */
export function createCatalog(parts: AssessParts, { images }: Pick<AssessSettings, 'images'>): ImageCatalog {
  const options = images === undefined ? {} : catalogOptions(images);
  const { onLookUp, onAnswer } = parts.metrics?.images ?? {};
  const catalog = createImageCatalog({ ...parts, onLookUp, onAnswer }, options);
  parts.metrics?.images.measure(catalog);
  return catalog;
}

/** The one use case, joined with its parts, for any policy: the webhook's and, with other parts, every other command's. */
export function createAssembler(
  parts: AssessParts,
  catalog: ImageCatalog,
): (settings: Pick<AssessSettings, 'policy'>) => AssessPod {
  const { cluster, serviceAccounts, logger, boundsWaits = false } = parts;
  const { namespace: ownNamespace = DEFAULTS.namespace } = parts;
  return ({ policy }) =>
    createAssessPod({ catalog, cluster, serviceAccounts, logger }, { policy, ownNamespace, boundsWaits });
}

export function assembleAssess(parts: AssessParts, settings: AssessSettings): AssessPod {
  return createAssembler(parts, createCatalog(parts, settings))(settings);
}
