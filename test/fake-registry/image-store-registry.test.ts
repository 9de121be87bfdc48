import { expect, test } from 'vitest';
import { createImageStoreRegistry } from '../../src/fake-registry/image-store-registry.ts';
import { createImageStore } from '../../src/fake-registry/image-store.ts';
import { startServer } from '../support/server/http-server.ts';

const store = createImageStore();
const digest = store.putManifest('team/app', '1', { bytes: Buffer.from('{}'), mediaType: 'application/x' });
const blob = store.putBlob('team/app', Buffer.from('blob'));
const none = `sha256:${'0'.repeat(64)}`;

test.for([
  { method: 'GET', path: '/v2/', status: 200, type: 'application/json', body: '{}' },
  { method: 'GET', path: '/v2/team/app/manifests/1', status: 200, type: 'application/x', body: '{}' },
  { method: 'GET', path: `/v2/team/app/manifests/${digest}`, status: 200, type: 'application/x', body: '{}' },
  { method: 'HEAD', path: '/v2/team/app/manifests/1', status: 200, type: 'application/x', body: '' },
  {
    method: 'GET',
    path: `/v2/team/app/blobs/${blob}`,
    status: 200,
    type: 'application/octet-stream',
    body: 'blob',
  },
  {
    method: 'GET',
    path: '/v2/team/app/manifests/2',
    status: 404,
    type: 'application/json',
    body: 'MANIFEST_UNKNOWN',
  },
  {
    method: 'GET',
    path: `/v2/other/blobs/${blob}`,
    status: 404,
    type: 'application/json',
    body: 'BLOB_UNKNOWN',
  },
  {
    method: 'GET',
    path: `/v2/team/app/blobs/${none}`,
    status: 404,
    type: 'application/json',
    body: 'BLOB_UNKNOWN',
  },
  {
    method: 'PUT',
    path: '/v2/team/app/manifests/1',
    status: 405,
    type: 'application/json',
    body: 'UNSUPPORTED',
  },
  { method: 'GET', path: '/', status: 404, type: 'application/json', body: 'MANIFEST_UNKNOWN' },
])('$method $path: $status', async ({ method, path, status, type, body }) => {
  await using server = await startServer(createImageStoreRegistry(store));
  const response = await fetch(`http://${server.host}${path}`, { method });
  const text = await response.text();
  expect({ status: response.status, type: response.headers.get('content-type') }).toEqual({ status, type });
  expect(body === '' ? text === '' : text.includes(body)).toBe(true);
  expect(response.headers.get('docker-content-digest') !== null).toBe(status === 200 && path !== '/v2/');
});

test.for([
  ['bytes=0-1', 206, 'bl', 'bytes 0-1/4'],
  ['bytes=0-99', 206, 'blob', 'bytes 0-3/4'],
  ['bytes=1-2', 200, 'blob', null],
  ['lines=1', 200, 'blob', null],
] as const)('a blob by %s: %i %s', async ([range, status, body, contentRange]) => {
  await using server = await startServer(createImageStoreRegistry(store));
  const response = await fetch(`http://${server.host}/v2/team/app/blobs/${blob}`, { headers: { range } });
  expect([response.status, await response.text()]).toEqual([status, body]);
  expect(response.headers.get('content-range')).toBe(contentRange);
});
