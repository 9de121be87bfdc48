import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { DEFAULTS } from '../../src/registry/defaults.ts';
import { RegistryError } from '../../src/registry/errors.ts';
import { createPauses } from '../../src/registry/pauses.ts';
import { startServer } from '../support/http-server.ts';
import { asking, createTestClient, failureOf, imageAt } from '../support/registry-client.ts';

const subject = { registry: 'r.test', repository: 'a', reference: 'r.test/a:latest' };

describe('a registry that is away', () => {
  test.for([502, 503, 504])(
    'by %d is left alone by all after three failures, and then asked again',
    async (status) => {
      let asked = 0;
      let isWell = false;
      await using server = await startServer((_request, response) => {
        asked++;
        response.writeHead(isWell ? 200 : status).end('{}');
      });
      let now = 0;
      const pauses: string[] = [];
      await using client = createTestClient(
        [server],
        { limits: { attempts: 1 }, onPause: (why) => pauses.push(why) },
        { now: () => now, random: () => 1 },
      );
      const fetch = (name: string) => client.fetchManifest(imageAt(server, name), asking());
      for (const name of ['a', 'b', 'c']) await failureOf(fetch(name));
      const paused = await failureOf(fetch('d'));
      expect({ asked, code: paused.code }).toEqual({ asked: 3, code: 'unreachable' });
      expect(paused.message).toContain('left alone for another 1 s');
      now += DEFAULTS.pauseMs;
      await failureOf(fetch('e'));
      expect((await failureOf(fetch('f'))).message).toContain('left alone for another 2 s');
      now += 2 * DEFAULTS.pauseMs;
      isWell = true;
      await fetch('g');
      isWell = false;
      await failureOf(fetch('h'));
      await failureOf(fetch('i'));
      expect(asked).toBe(7);
      expect(pauses).toEqual(['unreachable', 'unreachable']);
    },
  );

  test('by a 500 is asked on: it may be about one repository', async () => {
    let asked = 0;
    await using server = await startServer((_request, response) => {
      asked++;
      response.writeHead(500).end();
    });
    await using client = createTestClient([server], { limits: { attempts: 1 } }, { now: () => 0 });
    for (let time = 0; time < 5; time++)
      await failureOf(client.fetchManifest(imageAt(server, 'a'), asking()));
    expect(asked).toBe(5);
  });

  test('and one that says no is there', async () => {
    let asked = 0;
    await using server = await startServer((request, response) => {
      asked++;
      response.writeHead(request.url?.includes('/none/') === true ? 404 : 503).end();
    });
    await using client = createTestClient([server], { limits: { attempts: 1 } }, { now: () => 0 });
    for (const name of ['a', 'b', 'none', 'c', 'd', 'none'])
      await failureOf(client.fetchManifest(imageAt(server, name), asking()));
    expect(asked).toBe(6);
  });

  test('is not, where only the question’s own time was over', async () => {
    let asked = 0;
    let time = new AbortController();
    await using server = await startServer(() => {
      asked++;
      time.abort(new DOMException('over', 'TimeoutError'));
    });
    await using client = createTestClient([server], {}, { now: () => 0 });
    for (let question = 0; question < 5; question++) {
      time = new AbortController();
      const options = { credentials: [], tenant: 'team-a', signal: time.signal };
      expect((await failureOf(client.fetchManifest(imageAt(server, 'a'), options))).code).toBe('timeout');
    }
    expect(asked).toBe(5);
  });
});

describe('how long', () => {
  const failing = (retryAfterMs: number | null = null) =>
    new RegistryError('rate-limited', subject, { state: 'x', status: 429, retryAfterMs });
  const secondsAfter = (failures: readonly RegistryError[], random: number): string => {
    const pauses = createPauses({ now: () => 0, random: () => random }, DEFAULTS);
    for (const failure of failures) pauses.note(failure, []);
    try {
      pauses.check(subject, []);
      return 'not at all';
    } catch (error) {
      return /another (\d+ s)/.exec(String(error))?.[1] ?? String(error);
    }
  };

  test.for([
    { name: 'no failure', failures: [], random: 1, left: 'not at all' },
    { name: 'the first time', failures: [failing()], random: 1, left: '1 s' },
    { name: 'the fourth time in a row', failures: [1, 2, 3, 4].map(() => failing()), random: 1, left: '8 s' },
    { name: 'at most', failures: Array.from({ length: 2000 }, () => failing()), random: 1, left: '60 s' },
    { name: 'with jitter', failures: [1, 2, 3, 4].map(() => failing()), random: 0, left: '4 s' },
    { name: 'as it asks', failures: [failing(30_000)], random: 0, left: '30 s' },
    { name: 'as it asked before', failures: [failing(30_000), failing(1000)], random: 0, left: '30 s' },
    { name: 'never as long as it asks', failures: [failing(86_400_000)], random: 0, left: '60 s' },
  ])('$name: $left', ({ failures, random, left }) => {
    expect(secondsAfter(failures, random)).toBe(left);
  });
});

describe('connections', () => {
  test('are used again, and eight at most are open to a registry', async () => {
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
    const fetch = (index: number) => client.fetchManifest(imageAt(server, `a${index}`), asking());
    for (let index = 0; index < 20; index++) await fetch(index);
    // One more may be opened while the first is just being freed.
    expect(sockets.size).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 100 }, (_, index) => fetch(index)));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(DEFAULTS.connections);
    expect(sockets.size).toBeLessThanOrEqual(DEFAULTS.connections);
  });
});
