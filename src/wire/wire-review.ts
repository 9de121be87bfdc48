import { text } from 'node:stream/consumers';
import { leaveClassesOpen } from '../assess/missing-classes.ts';
import type { ServiceAccountsPort } from '../assess/ports.ts';
import { withAccountSecrets } from '../audit/judge-subjects.ts';
import type { ClusterChoice } from '../cli/cluster-flags.ts';
import { createStderrLogger, printWarning, type Io } from '../cli/io.ts';
import type { ReviewDeps, ReviewSession, ReviewSetup } from '../cli/review/run-review.ts';
import type { PullSecretsPort } from '../images/ports.ts';
import { findDockerConfigs } from '../keychain/find-docker-configs.ts';
import { loadKeychain } from '../keychain/keychain.ts';
import { listFacts } from '../kubernetes/collections.ts';
import { createFixedCluster } from '../kubernetes/fixed-cluster.ts';
import { createPullSecrets } from '../kubernetes/pull-secrets.ts';
import { createServiceAccounts } from '../kubernetes/service-accounts.ts';
import { createLogger, type LeveledLogger } from '../telemetry/log.ts';
import { assembleAssess, type AssessParts } from './assemble-assess.ts';
import { openUserCluster } from './connect-kubernetes.ts';
import { connectRegistry, readUsableFiles } from './connect-registry.ts';
import { readSettings, type Settings } from './settings.ts';

type Ports = Pick<AssessParts, 'cluster' | 'pullSecrets'> & {
  readonly serviceAccounts: ServiceAccountsPort;
  /** Namespace of objects that do not set one. */
  readonly defaultNamespace: string;
  readonly knowsClasses: boolean;
};

/** Reads Secrets from the facts, and those that they do not hold from the cluster. */
function secretsOf(given: PullSecretsPort, live: PullSecretsPort): PullSecretsPort {
  return {
    read: async (namespace, names, signal) => {
      const found = await given.read(namespace, names, signal);
      const isFound = found.credentials.length > 0 || found.shortfalls.length > 0;
      return isFound ? found : live.read(namespace, names, signal);
    },
    forget: live.forget,
  };
}

function accountsOf(given: ServiceAccountsPort, live: ServiceAccountsPort): ServiceAccountsPort {
  return {
    pullSecrets: async (namespace, name, signal) => {
      const found = await given.pullSecrets(namespace, name, signal);
      return found.length > 0 ? found : live.pullSecrets(namespace, name, signal);
    },
  };
}

/** Facts from files win over the cluster's, so that users can try objects that are not there yet. */
async function openLive(
  setup: ReviewSetup & { readonly live: ClusterChoice },
  logger: LeveledLogger,
  io: Io,
): Promise<Ports> {
  const { client, namespace: usual } = await openUserCluster(setup.live, io.env);
  const namespace = setup.namespace ?? usual;
  const { objects, forbidden } = await listFacts(client, new AbortController().signal);
  for (const { message } of forbidden) printWarning(io, message);
  const fixed = createFixedCluster([...objects, ...setup.facts], namespace);
  return {
    cluster: fixed.cluster,
    pullSecrets: secretsOf(fixed.pullSecrets, createPullSecrets({ client })),
    serviceAccounts: accountsOf(fixed.serviceAccounts, createServiceAccounts({ client, logger })),
    defaultNamespace: namespace,
    knowsClasses: true,
  };
}

function openFixed({ facts, namespace = 'default' }: ReviewSetup): Ports {
  const fixed = createFixedCluster(facts, namespace);
  return { ...fixed, defaultNamespace: namespace, knowsClasses: fixed.hasRuntimeClasses };
}

/** Returns the configured Docker config, as the webhook uses it, or else the user's own. */
function dockerConfigsOf({ registry }: Settings, env: Io['env']): readonly string[] {
  if (registry.dockerConfig !== undefined) return [registry.dockerConfig];
  return findDockerConfigs(env);
}

async function open(setup: ReviewSetup, io: Io): Promise<ReviewSession> {
  const settings = await readSettings(setup.config);
  const logger = createLogger({ level: 'error', destination: io.stderr });
  const { live } = setup;
  const ports = live === null ? openFixed(setup) : await openLive({ ...setup, live }, logger, io);
  const { credentialProviders } = settings.registry;
  const keychain = await loadKeychain(
    { logger: createStderrLogger(io) },
    { dockerConfigs: dockerConfigsOf(settings, io.env), providers: credentialProviders, env: io.env },
  );
  const files = await readUsableFiles(settings.registry);
  const registry = connectRegistry(settings.registry, files, { env: io.env, allowLoopback: true });
  const assess = assembleAssess({ ...ports, keychain, registry, logger }, settings);
  return {
    assess: withAccountSecrets(ports.knowsClasses ? assess : leaveClassesOpen(assess), ports.serviceAccounts),
    namespace: ports.defaultNamespace,
    knowsClasses: ports.knowsClasses,
    close: registry.close,
  };
}

export function wireReview(): ReviewDeps {
  return { readInput: () => text(process.stdin), open };
}
