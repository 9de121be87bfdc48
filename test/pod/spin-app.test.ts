import { expect, test } from 'vitest';
import { readSpinAppExecutor, templateOfSpinApp } from '../../src/pod/spin-app.ts';

const app = {
  apiVersion: 'core.spinkube.dev/v1alpha1',
  kind: 'SpinApp',
  metadata: { name: 'shop' },
  spec: {
    executor: 'containerd-shim-spin',
    image: 'registry.example.com/shop:1',
    replicas: 2,
    imagePullSecrets: [{ name: 'login' }],
    runtimeConfig: { loadFromSecret: 'shop-config' },
    variables: [
      { name: 'log_level', value: 'debug' },
      { name: 'token', valueFrom: { secretKeyRef: { name: 'shop', key: 'token' } } },
    ],
    volumes: [{ name: 'data', emptyDir: {} }],
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
    resources: { limits: { memory: '128Mi' } },
    checks: { liveness: { httpGet: { path: '/healthz' }, periodSeconds: 5 } },
    podLabels: { tier: 'web' },
    podAnnotations: { 'example.com/team': 'a' },
  },
};

function executor(deploymentConfig: object) {
  return readSpinAppExecutor({
    metadata: { name: 'containerd-shim-spin', namespace: 'shop' },
    spec: { createDeployment: true, deploymentConfig },
  });
}

/** What `constructDeployment` of spin-operator v0.4.0 makes of it, without ports. */
test('the Pods of a SpinApp are those of the Deployment that its operator makes', () => {
  expect(templateOfSpinApp(app, executor({ runtimeClassName: 'spin' }))).toEqual({
    metadata: {
      labels: {
        tier: 'web',
        'core.spinkube.dev/app-name': 'shop',
        'core.spinkube.dev/app.shop.status': 'ready',
      },
      annotations: { 'example.com/team': 'a' },
    },
    spec: {
      runtimeClassName: 'spin',
      imagePullSecrets: [{ name: 'login' }],
      serviceAccountName: null,
      volumes: [{ name: 'data', emptyDir: {} }],
      containers: [
        {
          name: 'shop',
          image: 'registry.example.com/shop:1',
          command: ['/'],
          env: [
            { name: 'SPIN_VARIABLE_LOG_LEVEL', value: 'debug' },
            { name: 'SPIN_VARIABLE_TOKEN', valueFrom: { secretKeyRef: { name: 'shop', key: 'token' } } },
            { name: 'SPIN_HTTP_LISTEN_ADDR', value: '0.0.0.0:80' },
          ],
          volumeMounts: [
            { name: 'spin-runtime-config', mountPath: '/runtime-config.toml' },
            { name: 'data', mountPath: '/data' },
          ],
          resources: { limits: { memory: '128Mi' } },
          livenessProbe: { httpGet: { path: '/healthz' }, periodSeconds: 5 },
          readinessProbe: null,
        },
      ],
    },
  });
});

test('an executor with an image runs the application in an ordinary container', () => {
  const { spec } = templateOfSpinApp(app, executor({ spinImage: 'ghcr.io/fermyon/spin:v3' }));
  expect(spec).toMatchObject({
    runtimeClassName: null,
    containers: [
      {
        image: 'ghcr.io/fermyon/spin:v3',
        args: ['up', '--listen', '0.0.0.0:80', '-f', 'registry.example.com/shop:1'],
      },
    ],
  });
});
