import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import {
  Agent,
  createConnector,
  openTunnel,
  Pool,
  ProxyAgent,
  sendRequest,
} from '../../../src/registry/connection/undici-parts.ts';

/** Each title names the feature that breaks if an update of undici changes the part. */

const request = { path: '/v2/', method: 'GET' } as const;
const denied = new Error('denied by the address guard');
const deny = vi.fn((_target: unknown, callback: (error: Error, socket: null) => void) =>
  callback(denied, null),
);

/** Records what a part dispatches, and leaves it unanswered. */
function fakeDispatcher() {
  const dispatch = vi.fn((..._given: readonly unknown[]) => true);
  return { dispatch, dispatcher: Object.assign(new Agent({ connect: deny }), { dispatch }) };
}

test('every request to a registry: api-request.js dispatches it and reads the response', () => {
  const { dispatcher, dispatch } = fakeDispatcher();
  expect(sendRequest.call(dispatcher, { ...request, origin: 'https://a.test' })).toBeInstanceOf(Promise);
  const handler = expect.objectContaining({ onResponseStart: expect.any(Function) });
  expect(dispatch).toHaveBeenCalledWith(expect.objectContaining(request), handler);
});

test('tunnels through a proxy: api-connect.js dispatches a CONNECT', () => {
  const { dispatcher, dispatch } = fakeDispatcher();
  expect(openTunnel.call(dispatcher, { origin: 'http://proxy.test', path: 'a.test:443' })).toBeInstanceOf(
    Promise,
  );
  const options = expect.objectContaining({ method: 'CONNECT', path: 'a.test:443' });
  expect(dispatch).toHaveBeenCalledWith(options, expect.anything());
});

test('the address guard for names: connect.js resolves them by the given lookup', async () => {
  const lookup = vi.fn((_name: string, _options: object, callback: (error: Error, none: string) => void) =>
    callback(denied, ''),
  );
  const connect = createConnector({ lookup, allowH2: false, timeout: 1_000 });
  const target = { hostname: 'a.test', host: 'a.test', protocol: 'http:', port: '80' };
  const error = await new Promise((resolve) => {
    connect(target, (...result) => resolve(result[0]));
  });
  expect(lookup).toHaveBeenCalledOnce();
  expect(error).toBe(denied);
});

test.for([
  ['agent.js', () => new Agent({ connect: deny })],
  ['pool.js', () => new Pool('http://a.test', { connect: deny })],
] as const)('the address guard for addresses: %s connects by the given connector', async ([, create]) => {
  deny.mockClear();
  const sent = sendRequest.call(create(), { ...request, origin: 'http://a.test' });
  await expect(sent).rejects.toBe(denied);
  expect(deny).toHaveBeenCalledWith(expect.objectContaining({ hostname: 'a.test' }), expect.anything());
});

test('registries behind a proxy: proxy-agent.js opens tunnels by the client of clientFactory', async () => {
  const connect = vi.fn(() => Promise.reject(denied));
  const clientFactory = vi.fn((origin: URL) => Object.assign(new Pool(origin), { connect }));
  const agent = new ProxyAgent({
    uri: 'http://proxy.test:3128',
    connectTimeout: 1_000,
    proxyTls: {},
    requestTls: {},
    clientFactory,
    factory: (origin: string | URL, options: object) => new Pool(origin, options),
  });
  const sent = sendRequest.call(agent, { ...request, origin: 'https://a.test' });
  await expect(sent).rejects.toBe(denied);
  expect(String(clientFactory.mock.calls[0]?.[0])).toBe('http://proxy.test:3128/');
  expect(connect).toHaveBeenCalledWith(expect.objectContaining({ path: 'a.test:443' }));
});

test('registries behind a proxy: proxy-agent.js reads connectTimeout, proxyTls and requestTls', () => {
  const source = readFileSync('node_modules/undici/lib/dispatcher/proxy-agent.js', 'utf8');
  expect(source).toContain('buildConnector({ timeout: connectTimeout, ...opts.proxyTls');
  expect(source).toContain('buildConnector({ timeout: connectTimeout, ...opts.requestTls');
});

test('the version is pinned, as these files are not part of the public interface of undici', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  expect(dependencies['undici']).toMatch(/^\d+\.\d+\.\d+$/);
});
