import { createAssessPod } from '../assess/assess-pod.ts';
import type { AssessPod, Assessment, AssessmentRequest } from '../assess/assessment.ts';
import type { ClusterPort, ServiceAccountsPort } from '../assess/ports.ts';
import { createImageCatalog, type CatalogDeps, type ImageCatalog } from '../images/image-catalog.ts';
import type { KeychainPort, PullSecretsPort, RegistryPort } from '../images/ports.ts';
import { catalogOptions } from '../images/settings.ts';
import type { Logger } from '../lib/logger.ts';
import { whenKnown } from '../lib/maybe-promise.ts';
import type { Settings } from './settings.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

/** The namespace of the manifests; other installations set POD_NAMESPACE. */
export const DEFAULT_NAMESPACE = 'wasmgate-system';

/** The parts that the use case needs from outside. */
export interface AssessParts {
  readonly cluster: ClusterPort;
  readonly pullSecrets: PullSecretsPort;
  readonly serviceAccounts: ServiceAccountsPort;
  readonly keychain?: KeychainPort | undefined;
  readonly registry: RegistryPort;
  readonly logger: Logger;
  /** wasmgate's own namespace, whose Pods it does not assess. */
  readonly namespace?: string;
  readonly metrics?: Pick<WebhookMetrics, 'images'>;
  /** True if Pods wait while they are assessed, as in the webhook. */
  readonly boundsWaits?: boolean;
}

/** The sections that the use case reads. */
export type AssessSettings = Pick<Settings, 'policy'> & Partial<Pick<Settings, 'images'>>;

type CatalogParts = AssessParts & Pick<CatalogDeps, 'budget' | 'inherited'>;

/** Creates the image catalog, which all policies share. */
export function createCatalog(parts: CatalogParts, { images }: Pick<AssessSettings, 'images'>): ImageCatalog {
  const options = images === undefined ? {} : catalogOptions(images);
  const { onLookup, onResult } = parts.metrics?.images ?? {};
  const catalog = createImageCatalog({ ...parts, onLookup, onResult }, options);
  parts.metrics?.images.measure(catalog);
  return catalog;
}

/** Joins the one use case with its parts, for any policy: the webhook's and that of every command. */
export function createAssembler(
  parts: AssessParts,
  catalog: ImageCatalog,
): (settings: Pick<AssessSettings, 'policy'>) => AssessPod {
  const { cluster, serviceAccounts, logger, boundsWaits = false } = parts;
  const { namespace: ownNamespace = DEFAULT_NAMESPACE } = parts;
  return ({ policy }) =>
    createAssessPod({ catalog, cluster, serviceAccounts, logger }, { policy, ownNamespace, boundsWaits });
}

export function assembleAssess(parts: AssessParts, settings: AssessSettings): AssessPod {
  return createAssembler(parts, createCatalog(parts, settings))(settings);
}

type Observer = (request: AssessmentRequest, assessment: Assessment) => void;

/** Assesses as `assess` does, and passes each assessment to the observers. */
export function observeAssessments(assess: AssessPod, observers: readonly Observer[]): AssessPod {
  return (request) =>
    whenKnown(assess(request), (assessment) => {
      for (const observe of observers) observe(request, assessment);
      return assessment;
    });
}
