import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { LISTED_KINDS, NAMESPACE, POD } from '../src/audit/audited-kinds.ts';

const MANIFESTS = join(import.meta.dirname, '..', 'manifests');

function read(file: string): unknown {
  return parse(readFileSync(join(MANIFESTS, file), 'utf8'));
}

interface Deployment {
  readonly spec: {
    readonly selector: object;
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec: {
        readonly dnsConfig: { readonly options: readonly object[] };
        readonly containers: readonly {
          readonly args: readonly string[];
          readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
        }[];
      };
    };
  };
}

/**
 * What the resolver of `serve` does itself holds for the API server's name, too, which the system resolves: a name with a dot
 * is asked for as it stands, and a DNS server that is silent costs two seconds instead of ten.
 */
test("the Pod's DNS settings suit the names of registries", () => {
  const { options } = (read('base/deployment.yaml') as Deployment).spec.template.spec.dnsConfig;
  expect(options).toEqual([
    { name: 'ndots', value: '1' },
    { name: 'timeout', value: '1' },
    { name: 'attempts', value: '2' },
  ]);
});

/** Five places name one port: where they differ nothing is collected, and nobody is told. */
test('the PodMonitor scrapes the port that serves metrics', () => {
  const { selector, template } = (read('base/deployment.yaml') as Deployment).spec;
  const [container] = template.spec.containers;
  const port = container?.ports.find(({ name }) => name === 'metrics')?.containerPort;
  const { args = [] } = container ?? {};
  expect(args[args.indexOf('--metrics-port') + 1]).toBe(String(port));
  expect(template.metadata.annotations).toMatchObject({
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': String(port),
    'prometheus.io/path': '/metrics',
  });
  expect(read('components/monitoring/pod-monitor.yaml')).toMatchObject({
    kind: 'PodMonitor',
    metadata: { namespace: 'wasmgate-system' },
    spec: { selector, podMetricsEndpoints: [{ port: 'metrics', path: '/metrics' }] },
  });
  expect(readFileSync(join(MANIFESTS, '..', 'Dockerfile'), 'utf8')).toMatch(
    new RegExp(`^EXPOSE .*\\b${port}$`, 'm'),
  );
});

test.each([
  ['network-policy', ['network-policy.yaml']],
  ['monitoring', ['pod-monitor.yaml', 'prometheus-rule.yaml']],
])('components/%s is a component', (name, resources) => {
  expect(read(`components/${name}/kustomization.yaml`)).toMatchObject({ kind: 'Component', resources });
});

interface ClusterRole {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

test('the audit may list what it reads, and no more', () => {
  const text = readFileSync(join(MANIFESTS, 'components/audit-report/rbac-audit.yaml'), 'utf8');
  const [{ rules } = { rules: [] }] = parseAllDocuments(text).map((one) => one.toJS() as ClusterRole);
  const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.map((resource) => `${verbs.join()} ${resource}.${group}`)),
  );
  const listed = [...LISTED_KINDS, POD, NAMESPACE].map(
    ({ group, kind }) => `list ${kind.toLowerCase()}s.${group}`,
  );
  const facts = ['list runtimeclasses.node.k8s.io', 'list nodes.', 'list limitranges.'];
  facts.push('get serviceaccounts.', 'get mutatingwebhookconfigurations.admissionregistration.k8s.io');
  expect(granted.toSorted()).toEqual([...listed, ...facts].toSorted());
});
