import { child, objectList, property, stringOr, type JsonObject } from '../lib/json.ts';
import { metadataText } from './object-metadata.ts';
import type { GroupKind } from './workloads.ts';

// What SpinKube's operator makes of a SpinApp (spin-operator v0.4.0, internal/controller/spinapp_controller.go and deployment.go).

/** SpinKube's operator makes a Deployment of it, whose template is judged in its place. */
export const SPIN_APP: GroupKind = { group: 'core.spinkube.dev', kind: 'SpinApp' };

export function isSpinApp({ group, kind }: GroupKind): boolean {
  return group === SPIN_APP.group && kind === SPIN_APP.kind;
}

/** How the operator runs the SpinApps that name it. */
export interface SpinAppExecutor {
  readonly name: string;
  readonly namespace: string;
  /** False if something else runs them. */
  readonly createsDeployment: boolean;
  readonly runtimeClassName: string | null;
  /** An image that runs the application in an ordinary container; null if a runtime does. */
  readonly spinImage: string | null;
}

export function readSpinAppExecutor(object: JsonObject): SpinAppExecutor {
  const spec = child(object, 'spec');
  const config = child(spec, 'deploymentConfig');
  return {
    name: metadataText(object, 'name'),
    namespace: metadataText(object, 'namespace'),
    createsDeployment: property(spec, 'createDeployment') === true,
    runtimeClassName: stringOr(property(config, 'runtimeClassName'), null),
    spinImage: stringOr(property(config, 'spinImage'), null),
  };
}

/** The executor of SpinKube's documentation, which its installation applies. */
export const USUAL_EXECUTOR = {
  name: 'containerd-shim-spin',
  createsDeployment: true,
  runtimeClassName: 'wasmtime-spin-v2',
  spinImage: null,
} as const;

/** The name of the executor that the SpinApp names; '' for the first one in the alphabet, which the operator's webhook fills in. */
export function executorNameOf(app: JsonObject): string {
  return stringOr(property(child(app, 'spec'), 'executor'), '');
}

function environment(spec: JsonObject): readonly JsonObject[] {
  const variables = objectList(property(spec, 'variables')).map(({ name, ...value }) => ({
    name: `SPIN_VARIABLE_${stringOr(name, '').toUpperCase()}`,
    ...value,
  }));
  return [...variables, { name: 'SPIN_HTTP_LISTEN_ADDR', value: '0.0.0.0:80' }];
}

function volumeMounts(spec: JsonObject): readonly JsonObject[] {
  const secret = stringOr(property(child(spec, 'runtimeConfig'), 'loadFromSecret'), '');
  const config = secret === '' ? [] : [{ name: 'spin-runtime-config', mountPath: '/runtime-config.toml' }];
  return [...config, ...objectList(property(spec, 'volumeMounts'))];
}

/** Returns the container's way to start: the operator ignores the SpinApp's image if an ordinary container runs it. */
function startOf(spec: JsonObject, { runtimeClassName, spinImage }: SpinAppExecutor): JsonObject {
  const image = property(spec, 'image');
  return runtimeClassName === null
    ? { image: spinImage, args: ['up', '--listen', '0.0.0.0:80', '-f', image] }
    : { image, command: ['/'] };
}

/** Returns the Pod template of the Deployment that the operator makes of a SpinApp, as far as wasmgate reads one. */
export function templateOfSpinApp(app: JsonObject, executor: SpinAppExecutor): JsonObject {
  const spec = child(app, 'spec');
  const name = metadataText(app, 'name');
  const checks = child(spec, 'checks');
  const { runtimeClassName } = executor;
  return {
    metadata: {
      labels: {
        ...child(spec, 'podLabels'),
        [`${SPIN_APP.group}/app-name`]: name,
        [`${SPIN_APP.group}/app.${name}.status`]: 'ready',
      },
      annotations: property(spec, 'podAnnotations') ?? {},
    },
    spec: {
      runtimeClassName,
      imagePullSecrets: property(spec, 'imagePullSecrets') ?? [],
      serviceAccountName: property(spec, 'serviceAccountName') ?? null,
      volumes: property(spec, 'volumes') ?? [],
      containers: [
        {
          name,
          ...startOf(spec, executor),
          env: environment(spec),
          volumeMounts: volumeMounts(spec),
          resources: property(spec, 'resources') ?? {},
          livenessProbe: property(checks, 'liveness') ?? null,
          readinessProbe: property(checks, 'readiness') ?? null,
        },
      ],
    },
  };
}
