import { expect, test } from 'vitest';
import {
  parseLimitRange,
  parseNamespace,
  parseNode,
  parseRuntimeClass,
} from '../../src/pod/cluster-objects.ts';

test.for<readonly [name: string, object: Record<string, unknown>, parsed: unknown]>([
  [
    'with all fields',
    {
      metadata: { name: 'spin', managedFields: [{}] },
      handler: 'spin-v2',
      overhead: { podFixed: { cpu: '5m', memory: '64Mi' } },
      scheduling: { nodeSelector: { wasm: 'true' }, tolerations: [{ key: 'wasm', operator: 'Exists' }] },
    },
    {
      name: 'spin',
      handler: 'spin-v2',
      overhead: { cpu: '5m', memory: '64Mi' },
      nodeSelector: { wasm: 'true' },
      tolerations: [{ key: 'wasm', operator: 'Exists' }],
    },
  ],
  [
    'with the handler alone',
    { metadata: { name: 'w' }, handler: 'wasmtime' },
    { name: 'w', handler: 'wasmtime', overhead: null, nodeSelector: null, tolerations: null },
  ],
  ['without a handler', { metadata: { name: 'w' } }, null],
  ['without a name', { metadata: {}, handler: 'wasmtime' }, null],
])('a runtime class %s', ([, object, parsed]) => {
  expect(parseRuntimeClass(object)).toEqual(parsed);
});

const unknownNode = {
  name: 'n',
  labels: {},
  taints: [],
  unschedulable: false,
  architecture: '',
  handlers: null,
  runtimeVersion: '',
  cpuCapacity: null,
};

test.for<readonly [name: string, object: Record<string, unknown>, parsed: unknown]>([
  ['that tells nothing', { metadata: { name: 'n' } }, unknownNode],
  [
    'whose list of handlers is empty',
    { metadata: { name: 'n' }, status: { runtimeHandlers: [] } },
    unknownNode,
  ],
  [
    'with its default handler only',
    { metadata: { name: 'n' }, status: { runtimeHandlers: [{ name: '' }] } },
    { ...unknownNode, handlers: [] },
  ],
  [
    'as containerd reports it',
    {
      metadata: { name: 'n', labels: { zone: 'a' }, managedFields: [{}] },
      spec: {
        unschedulable: true,
        taints: [
          { key: 'wasm', effect: 'NoSchedule' },
          { key: 'a', value: 'b', effect: 'NoExecute' },
        ],
      },
      status: {
        capacity: { cpu: '8', memory: '32Gi' },
        images: [{ names: ['a'] }],
        nodeInfo: { architecture: 'arm64', containerRuntimeVersion: 'containerd://2.3.7' },
        runtimeHandlers: [{ name: '' }, { name: 'runc' }, { name: 'spin', features: {} }],
      },
    },
    {
      name: 'n',
      labels: { zone: 'a' },
      taints: [
        { key: 'wasm', effect: 'NoSchedule' },
        { key: 'a', value: 'b', effect: 'NoExecute' },
      ],
      unschedulable: true,
      architecture: 'arm64',
      handlers: ['runc', 'spin'],
      runtimeVersion: 'containerd://2.3.7',
      cpuCapacity: '8',
    },
  ],
  ['without a name', { status: {} }, null],
])('a node %s', ([, object, parsed]) => {
  expect(parseNode(object)).toEqual(parsed);
});

test('a namespace with its labels, and one without', () => {
  expect(parseNamespace({ metadata: { name: 'a', labels: { x: 'y' } } })).toEqual({
    name: 'a',
    labels: { x: 'y' },
  });
  expect(parseNamespace({ metadata: { name: 'a' } })).toEqual({ name: 'a', labels: {} });
});

const unboundedItem = {
  min: null,
  max: null,
  default: null,
  defaultRequest: null,
  maxLimitRequestRatio: null,
};

test.for<readonly [name: string, object: Record<string, unknown>, parsed: unknown]>([
  [
    'with all fields, but for what it says of volumes',
    {
      metadata: { name: 'l', namespace: 'a', managedFields: [{}] },
      spec: {
        limits: [
          {
            type: 'Container',
            min: { memory: '8Mi' },
            max: { memory: '1Gi', cpu: 2 },
            default: { memory: '64Mi' },
            defaultRequest: { memory: '32Mi' },
            maxLimitRequestRatio: { cpu: '4' },
          },
          { type: 'Pod', max: { memory: '2Gi' } },
          { type: 'PersistentVolumeClaim', max: { storage: '2Gi' } },
        ],
      },
    },
    {
      name: 'l',
      namespace: 'a',
      limits: [
        {
          type: 'Container',
          min: { memory: '8Mi' },
          max: { memory: '1Gi', cpu: 2 },
          default: { memory: '64Mi' },
          defaultRequest: { memory: '32Mi' },
          maxLimitRequestRatio: { cpu: '4' },
        },
        { ...unboundedItem, type: 'Pod', max: { memory: '2Gi' } },
      ],
    },
  ],
  [
    'with nonsense in it',
    { metadata: { name: 'l' }, spec: { limits: [null, 'x', { type: 'Pod', max: 'all' }] } },
    { name: 'l', namespace: '', limits: [{ ...unboundedItem, type: 'Pod' }] },
  ],
  ['without limits', { metadata: { name: 'l' }, spec: {} }, null],
  ['without a name', { spec: { limits: [] } }, null],
])('a limit range %s', ([, object, parsed]) => {
  expect(parseLimitRange(object)).toEqual(parsed);
});
