import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createBackOff } from '../../src/registry/back-off.ts';
import type { PauseReason } from '../../src/registry/circuit-breaker.ts';
import { RegistryError } from '../../src/registry/errors.ts';
import type { Outage } from '../../src/registry/host-health.ts';
import { REGISTRY_LIMITS, type RegistryLimits } from '../../src/registry/limits.ts';
import { readHostsToml } from '../support/registry/hosts-files.ts';
import {
  fetchOptions,
  fetchOptionsFor,
  createTestClient,
  failureOf,
  imageAt,
} from '../support/registry/registry-client.ts';
import { startServer, type TestServer } from '../support/server/http-server.ts';

/** Starts a registry that records its requests, and a client whose clock and timers the test controls. */
async function setUp(answer: RequestListener, limits: Partial<RegistryLimits> = {}) {
  const probes: string[] = [];
  const asked: string[] = [];
  const timers: { readonly run: () => void; readonly milliseconds: number }[] = [];
  const pauses: PauseReason[] = [];
  const outages: Outage[] = [];
  const clock = { now: 0 };
  const server = await startServer((request, response) => {
    const url = request.url ?? '';
    (url.endsWith('/v2/') || url.endsWith('/mirror/') ? probes : asked).push(url);
    answer(request, response);
  });
  const client = createTestClient(
    [server],
    {
      limits: { attempts: 1, ...limits },
      onPause: (why) => pauses.push(why),
      onOutage: (outage) => outages.push(outage),
    },
    {
      now: () => clock.now,
      random: () => 1,
      later: (run, milliseconds) => void timers.push({ run, milliseconds }),
    },
  );
  return {
    server,
    client,
    probes,
    asked,
    timers,
    pauses,
    outages,
    clock,
    /** Runs the pending timers, as if the probe interval had passed. */
    tick: () => {
      for (const { run } of timers.splice(0)) run();
    },
    fetch: (name: string, tenant = 'team-a') =>
      client.fetchManifest(imageAt(server, name), fetchOptionsFor(tenant)),
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server.close();
    },
  };
}

describe('a repository that keeps failing', () => {
  test.for([502, 503, 504])(
    '%d pauses the repository for the requesting namespace only, until the pause expires',
    async (status) => {
      let isWell = false;
      await using bench = await setUp((request, response) => {
        response.writeHead(isWell || request.url === '/v2/' ? 200 : status).end('{}');
      });
      const { fetch, asked, clock, pauses } = bench;
      await failureOf(fetch('a'));
      const paused = await failureOf(fetch('a'));
      expect({ asked: asked.length, code: paused.code }).toEqual({ asked: 1, code: 'unreachable' });
      expect(paused.state).toMatch(/answers \d+ .*; wasmgate retries in 1 s$/);
      await failureOf(fetch('b'));
      await failureOf(fetch('a', 'team-b'));
      expect(asked).toHaveLength(3);
      clock.now += REGISTRY_LIMITS.pauseMs;
      await failureOf(fetch('a'));
      expect((await failureOf(fetch('a'))).state).toContain('retries in 2 s');
      // No pause is longer than this, so that none outlasts its outage by much.
      clock.now += REGISTRY_LIMITS.longestRepositoryPauseMs;
      isWell = true;
      await fetch('a');
      await fetch('a');
      expect(asked).toHaveLength(6);
      expect(pauses).toEqual(['repository', 'repository', 'repository', 'repository']);
    },
  );

  test('any other response resets the back-off: the next pause is as short as the first', async () => {
    let status = 503;
    await using bench = await setUp((request, response) => {
      response.writeHead(request.url === '/v2/' ? 200 : status).end();
    });
    const { fetch, clock } = bench;
    for (const next of [503, 404, 503]) {
      status = next;
      clock.now += REGISTRY_LIMITS.pauseMs;
      await failureOf(fetch('a'));
    }
    expect((await failureOf(fetch('a'))).state).toContain('retries in 1 s');
  });

  test('500 does not pause the repository', async () => {
    await using bench = await setUp((_request, response) => response.writeHead(500).end(), {
      trialEveryMs: 0,
    });
    for (let time = 0; time < 5; time++) await failureOf(bench.fetch('a'));
    expect(bench.asked).toHaveLength(5);
  });

  test('an expired deadline of the caller does not pause the repository', async () => {
    let time = new AbortController();
    await using bench = await setUp((request) => {
      if (request.url !== '/v2/') time.abort(new DOMException('over', 'TimeoutError'));
    });
    for (let question = 0; question < 5; question++) {
      time = new AbortController();
      const options = { ...fetchOptions(), signal: time.signal };
      expect((await failureOf(bench.client.fetchManifest(imageAt(bench.server, 'a'), options))).code).toBe(
        'timeout',
      );
    }
    expect(bench.asked).toHaveLength(5);
    expect(bench.pauses).toEqual([]);
  });
});

describe('a host that is down', () => {
  const away = { isDown: true };
  const answer: RequestListener = (_request, response) => {
    response.writeHead(away.isDown ? 503 : 200).end('{}');
  };

  test('requests of all namespaces are suspended until a probe succeeds', async () => {
    away.isDown = true;
    await using bench = await setUp(answer);
    const { client, server, fetch, asked, probes, pauses, tick } = bench;
    const image = imageAt(server, 'b');
    expect(client.isUnreachable(image)).toBe(false);
    await failureOf(fetch('a'));
    await expect.poll(() => client.isUnreachable(image)).toBe(true);
    const paused = await failureOf(fetch('b', 'team-b'));
    expect(paused).toMatchObject({ code: 'unreachable', host: server.host });
    expect(paused.state).toBe(
      `${server.host} answers 503 to GET /v2/; requests to it are suspended until it answers a probe, sent every second`,
    );
    expect(asked).toHaveLength(1);
    away.isDown = false;
    tick();
    await expect.poll(() => client.isUnreachable(image)).toBe(false);
    await fetch('b', 'team-b');
    expect({ asked: asked.length, probes: probes.length }).toEqual({ asked: 2, probes: 2 });
    expect(pauses).toEqual(['repository', 'unreachable']);
  });

  test('requests to a host that refuses connections are suspended', async () => {
    await using bench = await setUp(answer);
    await bench.server.close();
    await failureOf(bench.fetch('a'));
    await expect.poll(() => bench.client.isUnreachable(imageAt(bench.server, 'b'))).toBe(true);
    expect((await failureOf(bench.fetch('b'))).state).toContain('connection refused');
  });

  test('requests to a host that hangs are suspended', async () => {
    await using bench = await setUp(() => undefined, { silenceMs: 50, probeMs: 50 });
    expect((await failureOf(bench.fetch('a'))).code).toBe('timeout');
    await expect.poll(() => bench.client.isUnreachable(imageAt(bench.server, 'b'))).toBe(true);
  });

  test('the probe has its own connection, so hanging requests do not block it', async () => {
    await using bench = await setUp((request, response) => void (request.url === '/v2/' && response.end()), {
      connections: 1,
      silenceMs: 200,
    });
    const { client, server, probes } = bench;
    const hanging = ['a', 'b', 'c'].map((name) => failureOf(bench.fetch(name)));
    await Promise.race(hanging);
    await expect.poll(() => probes.length).toBe(1);
    expect(client.isUnreachable(imageAt(server, 'd'))).toBe(false);
    await Promise.all(hanging);
  });

  test('one request in ten seconds passes, in case the probe is wrong', async () => {
    await using bench = await setUp((request, response) => {
      response
        .writeHead(request.url === '/v2/' || request.url?.includes('/bad/') === true ? 500 : 200)
        .end('{}');
    });
    const { client, server, fetch, clock } = bench;
    await failureOf(fetch('bad'));
    await expect.poll(() => client.isUnreachable(imageAt(server, 'a'))).toBe(true);
    await failureOf(fetch('a'));
    clock.now += REGISTRY_LIMITS.trialEveryMs;
    await fetch('a');
    expect(client.isUnreachable(imageAt(server, 'a'))).toBe(false);
  });

  test.for([200, 301, 401, 403, 404, 429])(
    'a host that answers the probe with %d counts as up',
    async (status) => {
      await using bench = await setUp((request, response) => {
        response.writeHead(request.url === '/v2/' ? status : 503, { location: 'http://127.0.0.1:1/' }).end();
      });
      await failureOf(bench.fetch('a'));
      await expect.poll(() => bench.probes).toHaveLength(1);
      bench.tick();
      await expect.poll(() => bench.timers).toHaveLength(0);
      expect(bench.client.isUnreachable(imageAt(bench.server, 'a'))).toBe(false);
      expect(bench.pauses).toEqual(['repository']);
    },
  );
});

test('an outage is reported once when it begins and once when it ends', async () => {
  let isWell = false;
  await using bench = await setUp((_request, response) => {
    response.writeHead(isWell ? 200 : 503).end('{}');
  });
  const { server, outages, clock, tick, probes } = bench;
  for (const name of ['a', 'b', 'c']) await failureOf(bench.fetch(name));
  await expect.poll(() => outages.length).toBe(1);
  for (let time = 2; time < 5; time += 1) {
    tick();
    await expect.poll(() => probes.length).toBe(time);
  }
  isWell = true;
  clock.now += 4_000;
  await expect.poll(() => (tick(), outages.length)).toBe(2);
  expect(outages).toEqual([
    { host: server.host, error: `${server.host} answers 503 to GET /v2/`, milliseconds: 0 },
    { host: server.host, error: null, milliseconds: 4_000 },
  ]);
});

describe('probes', () => {
  test('probes run once a second while the failure lasts, and at no other time', async () => {
    const state = { isWell: true };
    await using bench = await setUp((request, response) => {
      response.writeHead(state.isWell || request.url === '/v2/' ? 200 : 503).end('{}');
    });
    const { fetch, probes, timers, tick } = bench;
    await fetch('a');
    expect({ probes: probes.length, timers: timers.length }).toEqual({ probes: 0, timers: 0 });
    state.isWell = false;
    for (const name of ['a', 'b', 'c', 'd']) await failureOf(fetch(name));
    await expect.poll(() => probes).toHaveLength(1);
    expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([REGISTRY_LIMITS.probeEveryMs]);
    tick();
    await expect.poll(() => probes).toHaveLength(2);
    await expect.poll(() => (tick(), timers.length)).toBe(0);
    expect(probes).toHaveLength(2);
  });

  test('closing the client stops the probes', async () => {
    const bench = await setUp((_request, response) => void response.writeHead(503).end());
    await failureOf(bench.fetch('a'));
    await expect.poll(() => bench.probes).toHaveLength(1);
    await bench[Symbol.asyncDispose]();
    bench.tick();
    expect(bench.timers).toHaveLength(0);
  });

  test('probes stop some time after the last request, even if the endpoint is still down', async () => {
    await using bench = await setUp((_request, response) => void response.writeHead(503).end());
    const { fetch, probes, timers, tick, clock, client, server } = bench;
    const isUnreachable = (): boolean => client.isUnreachable(imageAt(server, 'a'));
    await failureOf(fetch('a'));
    await expect.poll(isUnreachable).toBe(true);
    clock.now += REGISTRY_LIMITS.idleProbingMs - 1;
    // A suspended request counts as a request, too.
    await failureOf(fetch('b'));
    clock.now += REGISTRY_LIMITS.idleProbingMs - 1;
    tick();
    await expect.poll(() => probes).toHaveLength(2);
    // Reading the state does not count; otherwise polling it would keep the probes running forever.
    expect(isUnreachable()).toBe(true);
    clock.now += 2;
    tick();
    expect({ probes: probes.length, timers: timers.length }).toEqual({ probes: 2, timers: 0 });
    expect(isUnreachable()).toBe(false);
  });

  test('a probe requests the path of the endpoint, with its headers and without credentials', async () => {
    const seen: (string | undefined)[] = [];
    await using mirror = await startServer((request, response) => {
      seen.push(request.url, request.headers['x-key']?.toString(), request.headers.authorization);
      response.writeHead(503).end();
    });
    const hosts = await readHostsToml({
      'r.test': `
        server = "http://${mirror.host}/v2/hub"
        override_path = true
        [header]
        X-Key = "k"`,
    });
    await using client = createTestClient([], { hosts, limits: { attempts: 1 } });
    await failureOf(client.fetchManifest(imageAt({ host: 'r.test' }, 'a'), fetchOptions()));
    await expect.poll(() => client.isUnreachable(imageAt({ host: 'r.test' }, 'b'))).toBe(true);
    expect(seen.slice(3, 6)).toEqual(['/v2/hub/', 'k', undefined]);
  });

  test('the number of probed hosts is limited, and the namespace with the most failures loses its own first', async () => {
    const names = new Map<string, number>();
    await using server = await startServer((request, response) => {
      if (request.url === '/v2/')
        names.set(request.headers.host ?? '', (names.get(request.headers.host ?? '') ?? 0) + 1);
      response.writeHead(503).end();
    });
    const timers: (() => void)[] = [];
    await using client = createTestClient(
      [],
      {
        plainHttp: Array.from({ length: 10 }, (_, index) => `h${index}.test:${server.port}`),
        limits: { attempts: 1, probedHosts: 3 },
      },
      {
        later: (run) => void timers.push(run),
        resolve: (_name, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
      },
    );
    const at = (index: number) => imageAt({ host: `h${index}.test:${server.port}` }, 'a');
    await failureOf(client.fetchManifest(at(0), fetchOptionsFor('evicted')));
    for (let index = 1; index < 10; index++)
      await failureOf(client.fetchManifest(at(index), fetchOptionsFor('attacker')));
    await expect.poll(() => names.size).toBe(10);
    await expect
      .poll(() => Array.from({ length: 10 }, (_, index) => client.isUnreachable(at(index))))
      .toEqual([true, false, false, false, false, false, false, false, true, true]);
    for (const run of timers.splice(0)) run();
    await expect.poll(() => [...names.values()].filter((count) => count === 2)).toHaveLength(3);
    expect(timers).toHaveLength(3);
  });
});

describe('failures of other servers', () => {
  async function startFailingServer(): Promise<TestServer> {
    return startServer((_request, response) => void response.writeHead(503).end());
  }

  test('a failure of the storage behind a redirect does not count against the registry', async () => {
    await using storage = await startFailingServer();
    await using bench = await setUp((_request, response) => {
      response.writeHead(307, { location: `http://${storage.host}/blob` }).end();
    });
    for (let time = 0; time < 3; time++)
      expect(await failureOf(bench.fetch('a'))).toMatchObject({ host: storage.host, isElsewhere: true });
    expect({ asked: bench.asked.length, probes: bench.probes, pauses: bench.pauses }).toEqual({
      asked: 3,
      probes: [],
      pauses: [],
    });
  });

  test('a failure of the token server does not count, even on the same host', async () => {
    await using bench = await setUp((request, response) => {
      if (request.url?.startsWith('/token') === true) return response.writeHead(503).end();
      const challenge = `Bearer realm="http://${request.headers.host}/token",service="r"`;
      return response.writeHead(401, { 'www-authenticate': challenge }).end();
    });
    for (let time = 0; time < 3; time++)
      expect(await failureOf(bench.fetch('a'))).toMatchObject({ status: 503, isElsewhere: true });
    expect({ probes: bench.probes, pauses: bench.pauses }).toEqual({ probes: [], pauses: [] });
  });
});

describe('the length of a pause', () => {
  const failing = (retryAfterMs: number | null = null) =>
    new RegistryError(
      'rate-limited',
      { registry: 'r.test', repository: 'a', reference: 'r.test/a' },
      { state: 'x', retryAfterMs },
    );
  const limits = {
    firstMs: REGISTRY_LIMITS.pauseMs,
    longestMs: REGISTRY_LIMITS.longestPauseMs,
    entries: 10,
    bytes: 1e6,
  };

  test.for([
    { name: 'no failure', failures: [], random: 1, left: undefined },
    { name: 'one failure', failures: [failing()], random: 1, left: 1000 },
    { name: 'four failures in a row', failures: [1, 2, 3, 4].map(() => failing()), random: 1, left: 8000 },
    {
      name: '2000 failures in a row',
      failures: Array.from({ length: 2000 }, () => failing()),
      random: 1,
      left: 60_000,
    },
    {
      name: 'four failures, most jitter',
      failures: [1, 2, 3, 4].map(() => failing()),
      random: 0,
      left: 4000,
    },
    { name: 'Retry-After of the registry', failures: [failing(30_000)], random: 0, left: 30_000 },
    {
      name: 'a longer Retry-After before',
      failures: [failing(30_000), failing(1000)],
      random: 0,
      left: 30_000,
    },
    { name: 'a Retry-After of one day', failures: [failing(86_400_000)], random: 0, left: 60_000 },
  ])('$name: $left ms', ({ failures, random, left }) => {
    const backOff = createBackOff({ now: () => 0, random: () => random }, limits);
    for (const failure of failures) backOff.extend('key', failure);
    expect(backOff.pauseOf('key')?.milliseconds).toBe(left);
  });

  test('stored pauses stay within the byte limit', () => {
    const backOff = createBackOff(
      { now: () => 0, random: () => 1 },
      { ...limits, entries: 1000, bytes: 10_000 },
    );
    const long = new RegistryError(
      'unreachable',
      { registry: 'r', repository: 'a', reference: 'r/a' },
      { state: 'x'.repeat(1000) },
    );
    for (let key = 0; key < 100; key++) backOff.extend(String(key), long);
    const held = Array.from({ length: 100 }, (_, key) => backOff.pauseOf(String(key))).filter(
      (pause) => pause !== null,
    );
    expect(held.length).toBe(4);
  });
});

describe('connections', () => {
  test('the client reuses connections and opens at most eight to a registry', async () => {
    const sockets = new Set<Socket>();
    let open = 0;
    let most = 0;
    await using server = await startServer((request, response) => {
      sockets.add(request.socket);
      open++;
      most = Math.max(most, open);
      setImmediate(() => {
        open--;
        response.end('{}');
      });
    });
    await using client = createTestClient([server]);
    const fetch = (index: number) => client.fetchManifest(imageAt(server, `a${index}`), fetchOptions());
    for (let index = 0; index < 20; index++) await fetch(index);
    // The pool may open a second connection before the first is free again.
    expect(sockets.size).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 100 }, (_, index) => fetch(index)));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(REGISTRY_LIMITS.connections);
    expect(sockets.size).toBeLessThanOrEqual(REGISTRY_LIMITS.connections);
  });
});
