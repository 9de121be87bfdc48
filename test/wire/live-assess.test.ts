import type { RequestListener } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { startRegistry, type RegistryOptions, type TestRegistry } from '../support/registry/registry.ts';
import { certificateFor } from '../support/server/certificates.ts';
import { createConfigurationFolder, createLiveStage } from '../support/wire/live-stage.ts';

const LOOPBACK = { allowAddresses: ['127.0.0.1'] };

async function startImages(options: RegistryOptions = {}): Promise<TestRegistry> {
  const registry = await startRegistry({ images: putFixtureImages, ...options });
  onTestFinished(registry.close);
  return registry;
}

const WASM = 'corpus/bk-wasi-wasm:latest';
const LINUX = 'corpus/linux-plain:latest';

test('a certificate authority that was missing counts at once, despite what failed before', async () => {
  const { cert, key } = await certificateFor();
  const registry = await startImages({ tls: { cert, key } });
  const files = await createConfigurationFolder(() => ({ registry: LOOPBACK }), { 'ca.pem': cert });
  const stage = await createLiveStage(files);
  const image = `${registry.host}/${WASM}`;
  expect(await stage.verdict(image)).toBe('tls');
  await files.configure({ registry: { ...LOOPBACK, caFile: files.at('ca.pem') } });
  await stage.reload();
  expect(await stage.verdict(image)).toBe('wasm');
});

test('a rotated authority replaces the one before', async () => {
  const [old, next] = [await certificateFor(), await certificateFor()];
  const registry = await startImages({ tls: next });
  const files = await createConfigurationFolder(
    (at) => ({ registry: { ...LOOPBACK, tls: { [registry.host]: { caFile: at('ca.pem') } } } }),
    { 'ca.pem': old.cert },
  );
  const stage = await createLiveStage(files);
  const image = `${registry.host}/${WASM}`;
  expect(await stage.verdict(image)).toBe('tls');
  await files.write('ca.pem', next.cert);
  await stage.reload();
  expect(await stage.verdict(image)).toBe('wasm');
});

test('a mirror that is added serves the next lookup, and what was known needs none', async () => {
  const mirror = await startImages();
  const files = await createConfigurationFolder(
    (at) => ({ registry: { ...LOOPBACK, hostsDirectory: at('hosts') } }),
    {
      'hosts/registry.invalid/hosts.toml': `[host."http://${mirror.host}"]`,
      'hosts/_default/hosts.toml': 'server = "https://registry.invalid"',
    },
  );
  const stage = await createLiveStage(files);
  expect(await stage.verdict(`other.invalid/${WASM}`)).toBe('unreachable');
  expect(await stage.verdict(`registry.invalid/${WASM}`)).toBe('wasm');
  const requests = mirror.log.length;
  await files.write('hosts/_default/hosts.toml', `[host."http://${mirror.host}"]`);
  await stage.reload();
  expect(await stage.verdict(`registry.invalid/${WASM}`)).toBe('wasm');
  expect(mirror.log).toHaveLength(requests);
  expect(await stage.verdict(`other.invalid/${WASM}`)).toBe('wasm');
});

test('a Docker config that appears, and one that is rotated, give their logins to the next lookup', async () => {
  const registry = await startImages({ auth: 'basic', users: { robot: 'new' } });
  const configOf = (password: string): string =>
    JSON.stringify({
      auths: { [registry.host]: { auth: Buffer.from(`robot:${password}`).toString('base64') } },
    });
  const files = await createConfigurationFolder((at) => ({
    registry: { ...LOOPBACK, plainHttp: [registry.host], dockerConfig: at('config.json') },
  }));
  const stage = await createLiveStage(files);
  expect(stage.messages('warn')).toEqual([expect.stringContaining('there is no such file')]);
  const image = `${registry.host}/${WASM}`;
  for (const [password, kind] of [
    ['old', 'unauthorized'],
    ['new', 'wasm'],
  ] as const) {
    await files.write('config.json', configOf(password));
    await stage.reload();
    expect(await stage.verdict(image)).toBe(kind);
  }
});

test('a changed policy keeps lookups and connections', async () => {
  const registry = await startImages();
  const sections = (mode: string): object => ({
    policy: { mode, peek: 'off' },
    registry: { ...LOOPBACK, plainHttp: [registry.host] },
  });
  const files = await createConfigurationFolder(() => sections('enforce'));
  const stage = await createLiveStage(files);
  const image = `${registry.host}/corpus/missing:1`;
  expect(await stage.verdict(image)).toBe('not-found');
  const requests = registry.log.length;
  await files.configure(sections('audit'));
  await stage.reload();
  expect((await stage.assess(image)).outcome.mode).toBe('audit');
  expect(registry.log).toHaveLength(requests);
});

test('images.tagSeconds counts for what is known already', async () => {
  const registry = await startImages();
  const sections = (tagSeconds: number): object => ({
    policy: { peek: 'off' },
    images: { tagSeconds },
    registry: { ...LOOPBACK, plainHttp: [registry.host] },
  });
  const files = await createConfigurationFolder(() => sections(3600));
  const stage = await createLiveStage(files);
  const image = `${registry.host}/${LINUX}`;
  expect(await stage.verdict(image)).toBe('container');
  const requests = registry.log.length;
  await files.configure(sections(1));
  await stage.reload();
  await expect
    .poll(
      async () => {
        await stage.verdict(image);
        return registry.lines().slice(requests);
      },
      { timeout: 30_000 },
    )
    .toEqual([expect.stringMatching(/^HEAD .*manifests\/latest/)]);
});

/** Holds back requests for configs until it is opened. */
function createGate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let held = 0;
  const faults =
    (handler: RequestListener): RequestListener =>
    (request, response) => {
      if (!/\/blobs\//.test(request.url ?? '')) return handler(request, response);
      held += 1;
      void promise.then(() => handler(request, response));
    };
  return { faults, open: resolve, held: () => held };
}

test('an admission in progress ends with what it began with, and the next one waits for nothing of it', async () => {
  const gate = createGate();
  const before = await startImages(gate);
  const after = await startImages();
  const sections = (mirror: TestRegistry): object => ({
    policy: { peek: 'off' },
    registry: { ...LOOPBACK, mirrors: { 'registry.invalid': [`http://${mirror.host}`] } },
  });
  const files = await createConfigurationFolder(() => sections(before));
  const stage = await createLiveStage(files);
  const image = `registry.invalid/${LINUX}`;
  const begun = stage.verdict(image);
  await expect.poll(gate.held).toBe(1);
  await files.configure(sections(after));
  await stage.reload();
  expect(await stage.verdict(image)).toBe('container');
  expect(after.log.length).toBeGreaterThan(0);
  gate.open();
  expect(await begun).toBe('container');
  expect(before.lines().filter((line) => line.includes('/blobs/'))).toHaveLength(1);
});

test('what cannot be used changes nothing', async () => {
  const registry = await startImages();
  const files = await createConfigurationFolder(
    (at) => ({
      registry: { ...LOOPBACK, plainHttp: [registry.host], registriesFile: at('registries.yaml') },
    }),
    { 'registries.yaml': 'mirrors: {}' },
  );
  const stage = await createLiveStage(files);
  await files.write('registries.yaml', 'mirrors: [');
  await expect(stage.reload()).rejects.toMatchObject({
    code: 'unusable-files',
    message: expect.stringContaining('registry.registriesFile: Cannot use registries file'),
  });
  expect(await stage.verdict(`${registry.host}/${WASM}`)).toBe('wasm');
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function countActive(kind: 'TCPSocketWrap' | 'Timeout'): number {
  return process.getActiveResourcesInfo().filter((one) => one === kind).length;
}

function isFew(count: number): boolean {
  return count < 50;
}

test('a thousand reloads leave no connection, timer or memory behind', async () => {
  const registry = await startImages();
  const sections = (seconds: number): object => ({
    policy: { peek: 'off' },
    images: { staleSeconds: seconds },
    registry: { ...LOOPBACK, plainHttp: [registry.host] },
  });
  const files = await createConfigurationFolder(() => sections(1));
  const stage = await createLiveStage(files);
  let [sockets, timers] = [0, 0];
  const cycle = async (from: number, count: number): Promise<void> => {
    for (let index = from; index < from + count; index += 1) {
      await files.configure(sections(index));
      await stage.reload();
      // A failure is not remembered, so each state opens a connection of its own.
      expect(await stage.verdict(`${registry.host}/corpus/missing:1`)).toBe('not-found');
      sockets = Math.max(sockets, countActive('TCPSocketWrap'));
      timers = Math.max(timers, countActive('Timeout'));
    }
  };
  await cycle(2, 50);
  collectGarbage();
  const heap = process.memoryUsage().heapUsed;
  await cycle(100, 1_000);
  collectGarbage();
  expect((process.memoryUsage().heapUsed - heap) / 1024 ** 2).toBeLessThan(10);
  // Both ends of a few connections, and the timers of what is in progress.
  expect({ sockets, timers }).toEqual({ sockets: expect.toSatisfy(isFew), timers: expect.toSatisfy(isFew) });
}, 300_000);
