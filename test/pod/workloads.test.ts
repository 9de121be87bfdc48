import { describe, expect, test } from 'vitest';
import { podOfTemplate } from '../../src/pod/workloads.ts';

const template = {
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'main', image: 'registry.example.com/main:1' }] },
};

describe('the template of a workload', () => {
  test.each<[string, string, object]>([
    ['apps', 'Deployment', { spec: { template } }],
    ['apps', 'ReplicaSet', { spec: { template } }],
    ['apps', 'StatefulSet', { spec: { template } }],
    ['batch', 'Job', { spec: { template } }],
    ['batch', 'CronJob', { spec: { jobTemplate: { spec: { template } } } }],
    ['', 'ReplicationController', { spec: { template } }],
    ['', 'PodTemplate', { template }],
    ['serving.knative.dev', 'Service', { spec: { template } }],
  ])('%s %s', (group, kind, object) => {
    expect(podOfTemplate(object, { group, kind })).toEqual(template);
  });

  test('a DaemonSet becomes the owner of its Pods', () => {
    expect(podOfTemplate({ spec: { template } }, { group: 'apps', kind: 'DaemonSet' })).toEqual({
      ...template,
      metadata: { ...template.metadata, ownerReferences: [{ kind: 'DaemonSet' }] },
    });
  });

  test.each([
    ['', 'Service'],
    ['', 'ConfigMap'],
    ['argoproj.io', 'Deployment'],
    ['', 'toString'],
  ])('%s %s has none', (group, kind) => {
    expect(podOfTemplate({ spec: { template } }, { group, kind })).toBeNull();
  });
});

test.each<[string, unknown]>([
  ['a ReplicationController without a template', { spec: {} }],
  ['an empty PodTemplate', {}],
  ['null', null],
])('a broken template is rejected: %s', (_case, object) => {
  const kind = object === null || 'spec' in (object as object) ? 'ReplicationController' : 'PodTemplate';
  expect(() => podOfTemplate(object, { group: '', kind })).toThrow('Cannot read Pod field');
});

describe('Knative names containers without a name', () => {
  const knative = { group: 'serving.knative.dev', kind: 'Service' };
  const service = (containers: unknown) => ({ spec: { template: { spec: { containers } } } });

  test('one without, one with', () => {
    const given = service([{ image: 'a' }, { name: 'proxy', image: 'b' }]);
    const before = structuredClone(given);
    expect(podOfTemplate(given, knative)?.spec.containers).toEqual([
      { name: 'user-container', image: 'a' },
      { name: 'proxy', image: 'b' },
    ]);
    expect(given).toEqual(before);
  });

  test.each([
    ['no list', {}],
    ['null in it', [null]],
    ['a list in it', [[]]],
    ['text in it', ['a']],
    ['nothing', undefined],
  ])('but not with %s', (_case, containers) => {
    expect(() => podOfTemplate(service(containers), knative)).toThrow('Cannot read Pod field');
  });

  test('other kinds do not', () => {
    const kind = { group: 'apps', kind: 'Deployment' };
    expect(() => podOfTemplate(service([{ image: 'a' }]), kind)).toThrow('spec.containers[0].name');
  });
});
