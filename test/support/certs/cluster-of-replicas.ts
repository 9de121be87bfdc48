import { applyPatch, type Operation } from 'fast-json-patch';
import { onTestFinished } from 'vitest';
import { CERTIFICATE_TIMES } from '../../../src/certs/certificate-times.ts';
import { createCertificateKeeper } from '../../../src/certs/keep-certificate.ts';
import type { ServedCertificate } from '../../../src/certs/kept-certificate.ts';
import { splitCertificates } from '../../../src/certs/parse-certificates.ts';
import { serviceNames } from '../../../src/certs/serving-certificate.ts';
import { createKubernetesClient } from '../../../src/kubernetes/client.ts';
import { createServerClock } from '../../../src/kubernetes/server-clock.ts';
import { createCertificateCluster } from '../../../src/wire/open-certificate.ts';
import { createRecordingLogger } from '../assess/recording-logger.ts';
import {
  errorStatus,
  json,
  startScriptedApi,
  type SeenRequest,
  type Step,
} from '../kubernetes/scripted-api.ts';

export const SERVICE_NAMES = serviceNames('wasmgate', 'wasmgate-system');

export type SecretData = Readonly<Record<string, string>>;

interface Secret {
  readonly metadata: { readonly resourceVersion: string; readonly labels?: object };
  readonly type?: string;
  readonly data?: SecretData;
}

interface Configuration {
  readonly webhooks: readonly {
    readonly name: string;
    readonly clientConfig: { readonly caBundle?: string };
  }[];
}

const KINDS = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'] as const;
type Kind = (typeof KINDS)[number];

const WITHOUT_CA: Configuration = {
  webhooks: ['one', 'two'].map((name) => ({ name: `${name}.wasmgate.dev`, clientConfig: {} })),
};

const encode = (text: string): string => Buffer.from(text).toString('base64');
const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

/**
 * Starts an API server over HTTP with one Secret, two webhook configurations and a clock that the test sets. It checks
 * resourceVersions as the real one does.
 */
export async function startClusterOfReplicas() {
  let secret: Secret | null = null;
  let version = 0;
  const configurations = new Map<Kind, Configuration>(KINDS.map((kind) => [kind, WITHOUT_CA]));
  let time = Date.now();
  let monotonic = 0;
  let failure: (request: SeenRequest) => Step | null = () => null;
  let beforeWrite: () => void = () => undefined;

  const store = (next: Omit<Secret, 'metadata'> & { readonly metadata?: object }): Step => {
    version += 1;
    secret = { ...next, metadata: { ...next.metadata, resourceVersion: String(version) } };
    return json(secret);
  };

  function answerSecret({ method, body }: SeenRequest): Step {
    if (method !== 'GET') {
      const once = beforeWrite;
      beforeWrite = () => undefined;
      once();
    }
    if (method === 'POST')
      return secret === null ? store(JSON.parse(body) as Secret) : errorStatus(409, 'AlreadyExists');
    if (secret === null) return errorStatus(404, 'NotFound');
    if (method === 'GET') return json(secret);
    const next = JSON.parse(body) as Secret;
    const isCurrent = next.metadata.resourceVersion === secret.metadata.resourceVersion;
    return isCurrent ? store(next) : errorStatus(409, 'Conflict');
  }

  function answerConfiguration({ method, path, body }: SeenRequest): Step {
    const kind = KINDS.find((one) => path.includes(one)) ?? KINDS[0];
    const configuration = configurations.get(kind);
    if (configuration === undefined) return errorStatus(404, 'NotFound');
    if (method === 'PATCH') {
      const operations = JSON.parse(body) as Operation[];
      const patched = applyPatch(structuredClone(configuration), operations, true).newDocument;
      configurations.set(kind, patched);
    }
    return json(configurations.get(kind));
  }

  const api = await startScriptedApi([
    (request, response) => {
      response.setHeader('date', new Date(time).toUTCString());
      const step =
        failure(request) ??
        (request.path.includes('/secrets') ? answerSecret(request) : answerConfiguration(request));
      step(request, response);
    },
  ]);
  onTestFinished(() => api[Symbol.asyncDispose]());

  /** Starts a replica; nothing runs by itself: each check is called. */
  function startReplica() {
    const { signal } = new AbortController();
    const { logger, messages } = createRecordingLogger();
    const clock = createServerClock(() => monotonic);
    const client = createKubernetesClient(api.connection, { onDate: clock.onDate });
    const parts = { client, clock, logger, namespace: 'wasmgate-system' };
    const cluster = createCertificateCluster(parts, signal);
    const elapsed = (): number => monotonic;
    const keeper = createCertificateKeeper({ cluster, logger, elapsed }, SERVICE_NAMES);
    let served: ServedCertificate | null = null;
    let checks = 0;
    const observer = {
      onReplaced: (certificate: ServedCertificate) => void (served = certificate),
      onChecked: () => void (checks += 1),
    };
    return {
      messages,
      fault: keeper.fault,
      served: () => served ?? Promise.reject(new Error('not started')),
      successfulChecks: () => checks,
      begin: async () => (served = await keeper.begin()),
      check: () => keeper.check(observer),
    };
  }

  return {
    startReplica,
    seen: api.seen,
    secret: () => secret,
    /** Data of the Secret, decoded. */
    texts: (): Readonly<Record<string, string>> =>
      Object.fromEntries(Object.entries(secret?.data ?? {}).map(([key, text]) => [key, decode(text)])),
    writeSecret: (texts: Readonly<Record<string, string>>, rest: Partial<Secret> = {}): void => {
      const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, encode(text)]));
      store({ ...rest, data });
    },
    /** Replaces all data, which is encoded already. */
    writeData: (data: SecretData): void => void store({ ...secret, data }),
    deleteSecret: () => void (secret = null),
    /** The distinct texts of every `caBundle`. */
    bundles: (): readonly string[] => [
      ...new Set(
        [...configurations.values()].flatMap(({ webhooks }) =>
          webhooks.map(({ clientConfig }) => decode(clientConfig.caBundle ?? '')),
        ),
      ),
    ],
    /** CAs in `caBundle`; fails if the webhooks differ. */
    trusted(): readonly string[] {
      const [text = '', ...others] = this.bundles();
      if (others.length > 0) throw new Error('the webhooks trust different CAs');
      return splitCertificates(text);
    },
    writeBundle: (caBundle: string, kinds: readonly Kind[] = KINDS): void => {
      for (const kind of kinds) {
        const webhooks = WITHOUT_CA.webhooks.map((webhook) => ({
          ...webhook,
          clientConfig: { caBundle: encode(caBundle) },
        }));
        configurations.set(kind, { webhooks });
      }
    },
    removeConfigurations: (): void => configurations.clear(),
    now: () => new Date(time),
    /** Lets time pass. */
    advance: (milliseconds: number): void => {
      time += milliseconds;
      monotonic += milliseconds;
    },
    /** Sets the clock of the API server, while no time passes. */
    shiftClock: (milliseconds: number): void => void (time += milliseconds),
    fail: (next: (request: SeenRequest) => Step | null): void => void (failure = next),
    /** Runs once when the next write arrives: what another replica did meanwhile. */
    beforeWrite: (action: () => void): void => void (beforeWrite = action),
  };
}

export type ClusterOfReplicas = Awaited<ReturnType<typeof startClusterOfReplicas>>;

type Replica = ReturnType<ClusterOfReplicas['startReplica']>;

/** Lets time pass as replicas live it, with a check at each interval. */
export async function live(
  cluster: ClusterOfReplicas,
  replicas: readonly Replica[],
  milliseconds: number,
): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += CERTIFICATE_TIMES.checkMilliseconds) {
    cluster.advance(CERTIFICATE_TIMES.checkMilliseconds);
    for (const replica of replicas) await replica.check();
  }
}

/** Starts replicas, the first of which finds nothing. */
export async function startAll(cluster: ClusterOfReplicas, count: number): Promise<readonly Replica[]> {
  const replicas = Array.from({ length: count }, cluster.startReplica);
  for (const replica of replicas) {
    await replica.begin();
    await replica.check();
  }
  return replicas;
}
