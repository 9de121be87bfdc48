import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const DEPLOYMENT = join(import.meta.dirname, '..', '..', 'manifests', 'base', 'deployment.yaml');

/** Seconds of running after which the kubelet resets its back-off (twice `MaxContainerBackOff`). */
const FORGOTTEN_AFTER = 600;

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly startupProbe: { readonly periodSeconds: number; readonly failureThreshold: number };
        }[];
      };
    };
  };
}

/**
 * If the probe killed it every minute while the API server was down, wasmgate would be back up to five minutes after it; without
 * that it is back after five seconds.
 */
test('the startup probe allows a replica to wait for the API server', () => {
  const { spec } = parse(readFileSync(DEPLOYMENT, 'utf8')) as Deployment;
  for (const { startupProbe } of spec.template.spec.containers) {
    const { periodSeconds, failureThreshold } = startupProbe;
    expect(periodSeconds * failureThreshold).toBeGreaterThan(FORGOTTEN_AFTER);
  }
});
