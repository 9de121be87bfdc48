import type { AssessPod } from '../assess/assessment.ts';
import { leaveUnreadOpen } from '../assess/leave-open.ts';
import type { ClusterPort, FactsRequest, UnreadFact, UnreadFactsPort } from '../assess/ports.ts';
import type { Installation } from '../audit/audit-report.ts';
import { withAccountSecrets } from '../audit/judge-subjects.ts';
import type { ClusterChoice } from '../cli/cluster-flags.ts';
import { createStderrLogger, printWarning, type Io } from '../cli/io.ts';
import type { ImageFiles } from '../image-files/image-files.ts';
import { findDockerConfigs } from '../keychain/find-docker-configs.ts';
import { loadKeychain } from '../keychain/keychain.ts';
import { readInstallation } from '../kubernetes/installed-webhooks.ts';
import { readLiveFacts } from '../kubernetes/live-facts.ts';
import { createLiveLogins } from '../kubernetes/live-logins.ts';
import type { JsonObject } from '../lib/json.ts';
import type { PolicySettings } from '../policy/settings.ts';
import { createLogger } from '../telemetry/log.ts';
import { assembleAssess, type AssessParts } from './assemble-assess.ts';
import { readUsedConfiguration, type UsedConfiguration } from './cluster-configuration.ts';
import { connectRegistry, readUsableFiles } from './connect-registry.ts';
import { openUserCluster, type UserCluster } from './open-user-cluster.ts';
import type { Settings } from './settings.ts';

/** What a command judges Pods by: the facts, and which of them it could not read. */
export interface JudgeParts extends Pick<
  AssessParts,
  'cluster' | 'pullSecrets' | 'serviceAccounts' | 'namespace'
> {
  readonly unread: UnreadFactsPort;
  /** Images of files, which come before those of registries. */
  readonly images?: ImageFiles | undefined;
}

export interface Judge {
  /** Leaves open what depends on an unread fact. */
  readonly assess: AssessPod;
  readonly close: () => Promise<void>;
}

/** Returns the configured Docker config, as the webhook uses it, or else the user's own. */
function dockerConfigsOf({ registry }: Settings, env: Io['env']): readonly string[] {
  if (registry.dockerConfig !== undefined) return [registry.dockerConfig];
  return findDockerConfigs(env);
}

/** Joins the webhook's use case with the registries as this machine reaches them. */
export async function openJudge(parts: JudgeParts, settings: Settings, io: Io): Promise<Judge> {
  const { policy, registry: registrySettings } = settings;
  const logger = createLogger({ level: 'error', destination: io.stderr });
  const keychain = await loadKeychain(
    { logger: createStderrLogger(io) },
    {
      dockerConfigs: dockerConfigsOf(settings, io.env),
      providers: registrySettings.credentialProviders,
      env: io.env,
    },
  );
  const files = await readUsableFiles(registrySettings);
  const client = connectRegistry(registrySettings, files, { env: io.env, allowLoopback: true });
  const registry = parts.images?.over(client) ?? client;
  const assess = leaveUnreadOpen(assembleAssess({ ...parts, keychain, registry, logger }, settings), {
    ...parts,
    policy,
  });
  return { assess: withAccountSecrets(assess, parts.serviceAccounts), close: client.close };
}

export interface ClusterSetup {
  readonly live: ClusterChoice;
  /** A configuration file; undefined for the cluster's own. */
  readonly config: string | undefined;
  /** Objects that win over the cluster's, so that users can try those that are not there yet. */
  readonly facts: readonly JsonObject[];
  /** Namespace of objects that set none; undefined for that of the context. */
  readonly namespace: string | undefined;
  readonly images?: ImageFiles | undefined;
}

/** A cluster that a command judges Pods of, with the user's rights. */
export interface ClusterSession extends Judge, UserCluster {
  /** What the facts say; complete but for `unread`. */
  readonly cluster: ClusterPort;
  readonly policy: PolicySettings;
  /** Which configuration it is, in one line for people. */
  readonly configuration: string;
  readonly installation: Installation;
  /** Returns what could not be read so far, each once. It grows: some facts are read only when a Pod needs them. */
  readonly unread: () => readonly UnreadFact[];
}

const UNUSED_FILES_ADVICE =
  'Images that it cannot read without them are undecided. To use copies of these files, pass --config FILE.';

function describeUnusedFiles({ description, unusedFiles }: UsedConfiguration): string {
  return `${description} names files that only wasmgate’s Pods have, so this command asks registries without them: ${unusedFiles.join(', ')}`;
}

/**
 * Opens a cluster for `review --live` and `audit`: connects, lists the facts, and reads the configuration.
 * @param onUnread called once for each fact that cannot be read, at once
 * @throws AppError if the cluster does not answer, or the configuration is invalid
 */
export async function openClusterSession(
  setup: ClusterSetup,
  io: Io,
  onUnread: (unread: UnreadFact) => void,
): Promise<ClusterSession> {
  const { config, facts: given } = setup;
  const unread: UnreadFact[] = [];
  const record = (found: UnreadFact): void => {
    unread.push(found);
    onUnread(found);
  };
  const connected = await openUserCluster(setup.live, io.env);
  const { client } = connected;
  const namespace = setup.namespace ?? connected.namespace;
  const [facts, used, installation] = await Promise.all([
    readLiveFacts(client, { given, namespace, onUnread: record }),
    readUsedConfiguration(config, client),
    readInstallation(client),
  ]);
  const { settings, ownNamespace, description: configuration } = used;
  if (used.unread !== null) record(used.unread);
  const logins = createLiveLogins(client, { given: facts, onUnread: record });
  const parts = {
    ...facts,
    ...logins,
    images: setup.images,
    unread: {
      prepare: facts.unread.prepare,
      about: (request: FactsRequest) => [
        ...(used.unread === null ? [] : [used.unread]),
        ...facts.unread.about(request),
        ...logins.unreadBy(request),
      ],
    },
    namespace: ownNamespace,
  };
  if (used.unusedFiles.length > 0) printWarning(io, describeUnusedFiles(used), UNUSED_FILES_ADVICE);
  const judge = await openJudge(parts, settings, io);
  return {
    ...judge,
    ...connected,
    namespace,
    cluster: facts.cluster,
    policy: settings.policy,
    configuration,
    installation,
    unread: () => unread,
  };
}
