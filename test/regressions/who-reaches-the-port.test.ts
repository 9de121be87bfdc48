import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const MANIFESTS = join(import.meta.dirname, '..', '..', 'manifests');

function read(file: string): unknown {
  return parse(readFileSync(join(MANIFESTS, file), 'utf8'));
}

interface Deployment {
  readonly spec: {
    readonly selector: { readonly matchLabels: object };
    readonly template: {
      readonly spec: {
        readonly containers: readonly { readonly ports: readonly { readonly name: string }[] }[];
      };
    };
  };
}

/** A policy that selects other Pods, or names another port, silently protects nothing. */
test('the NetworkPolicy is for the Pods of the Deployment and for each of their ports', () => {
  const { spec } = read('base/deployment.yaml') as Deployment;
  const ports = spec.template.spec.containers.flatMap((container) => container.ports.map(({ name }) => name));
  expect(ports).toEqual(['https', 'metrics']);
  expect(read('components/network-policy/network-policy.yaml')).toMatchObject({
    kind: 'NetworkPolicy',
    metadata: { namespace: 'wasmgate-system' },
    spec: {
      podSelector: spec.selector,
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ ipBlock: { cidr: expect.any(String) as string } }],
          ports: [{ port: 'https' }],
        },
        {
          from: [{ namespaceSelector: { matchLabels: expect.any(Object) as object } }],
          ports: [{ port: 'metrics' }],
        },
      ],
    },
  });
  expect(read('components/network-policy/kustomization.yaml')).toMatchObject({
    kind: 'Component',
    resources: ['network-policy.yaml'],
  });
});
