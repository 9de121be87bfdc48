import { describe, expect, test } from 'vitest';
import {
  candidateNames,
  parseHostsFile,
  parseSearchList,
} from '../../../src/registry/connection/dns-query.ts';
import { createDnsResolver } from '../../../src/registry/connection/dns-resolver.ts';
import type { NameResolver } from '../../../src/registry/connection/guarded-connector.ts';
import { OWN_TENANT } from '../../../src/registry/http-types.ts';
import { startDnsServer, type DnsReply, type DnsServer } from '../../support/registry/dns-server.ts';
import { writeFiles } from '../../support/registry/hosts-files.ts';

const V4 = { addresses: ['10.0.0.7', 'fd12::7'] } as const;

async function addressesOf({ resolve }: NameResolver, name: string): Promise<readonly string[]> {
  const { promise, resolve: finish, reject } = Promise.withResolvers<readonly string[]>();
  resolve(name, (error, found) => {
    if (error === null) finish(found.map(({ address, family }) => `${address}/${family}`));
    else reject(error);
  });
  return promise;
}

interface Setup {
  readonly hosts?: string;
  readonly search?: string;
  readonly limits?: Parameters<typeof createDnsResolver>[1];
}

async function startResolver(server: DnsServer, { hosts = '', search = '', limits = {} }: Setup = {}) {
  const files = await writeFiles({ hosts, 'resolv.conf': search });
  const paths = { hosts: files.at('hosts'), resolvConf: files.at('resolv.conf') };
  const resolver = createDnsResolver(
    { servers: [server.address], files: paths },
    { dnsTryMs: 100, ...limits },
  );
  return { ...resolver, [Symbol.asyncDispose]: files[Symbol.asyncDispose] };
}

function byType(replies: Readonly<Record<'A' | 'AAAA', DnsReply>>) {
  return ({ type }: { readonly type: 'A' | 'AAAA' | 'other' }): DnsReply =>
    type === 'other' ? 'refused' : replies[type];
}

describe('responses of DNS servers', () => {
  const none: DnsReply = { addresses: [] };
  test.for([
    { name: 'both families, IPv4 first', A: V4, AAAA: V4, found: ['10.0.0.7/4', 'fd12::7/6'] },
    { name: 'A only', A: V4, AAAA: none, found: ['10.0.0.7/4'] },
    { name: 'AAAA only', A: none, AAAA: V4, found: ['fd12::7/6'] },
    { name: 'A, and no response for AAAA', A: V4, AAAA: 'silence' as const, found: ['10.0.0.7/4'] },
    { name: 'AAAA, and a failure for A', A: 'servfail' as const, AAAA: V4, found: ['fd12::7/6'] },
    {
      name: 'over TCP, because it was truncated',
      A: 'truncated' as const,
      AAAA: none,
      found: ['10.0.0.7/4'],
    },
    { name: 'late, but within an attempt', A: { ...V4, afterMs: 50 }, AAAA: none, found: ['10.0.0.7/4'] },
  ])('$name', async ({ A, AAAA, found }) => {
    await using server = await startDnsServer((question) =>
      question.transport === 'tcp' ? V4 : byType({ A, AAAA })(question),
    );
    await using resolver = await startResolver(server);
    expect(await addressesOf(resolver, 'r.test')).toEqual(found);
  });

  test.for([
    {
      name: 'NXDOMAIN',
      reply: 'nxdomain' as const,
      code: 'ENOTFOUND',
      says: 'no address for r.test',
    },
    { name: 'no address', reply: none, code: 'ENOTFOUND', says: 'no address for r.test' },
    { name: 'SERVFAIL', reply: 'servfail' as const, code: 'ESERVFAIL', says: 'failed (ESERVFAIL)' },
    { name: 'REFUSED', reply: 'refused' as const, code: 'EREFUSED', says: 'failed (EREFUSED)' },
    {
      name: 'no response',
      reply: 'silence' as const,
      code: 'ETIMEDOUT',
      says: 'no DNS server answered in time',
    },
  ])('$name', async ({ reply, code, says }) => {
    await using server = await startDnsServer(() => reply);
    await using resolver = await startResolver(server);
    await expect(addressesOf(resolver, 'r.test')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says),
    });
  });

  test('the deadline ends a query, whatever attempts remain', async () => {
    await using server = await startDnsServer(() => 'silence');
    await using resolver = await startResolver(server, { limits: { dnsTryMs: 60_000, dnsMs: 50 } });
    await expect(addressesOf(resolver, 'r.test')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  test('at most 32 addresses of a response are used', async () => {
    const addresses = Array.from({ length: 500 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    await using server = await startDnsServer(({ transport }) =>
      transport === 'udp' ? 'truncated' : { addresses },
    );
    await using resolver = await startResolver(server);
    expect(await addressesOf(resolver, 'r.test')).toHaveLength(32);
  });
});

describe('/etc/hosts and the search list', () => {
  test('a name in /etc/hosts resolves without a query', async () => {
    await using server = await startDnsServer(() => 'nxdomain');
    const hosts = '10.1.1.1 r.test other # no.test\nfd12::9\tR.test\nnonsense r.test\n';
    await using resolver = await startResolver(server, { hosts });
    expect(await addressesOf(resolver, 'r.test')).toEqual(['10.1.1.1/4', 'fd12::9/6']);
    await expect(addressesOf(resolver, 'no.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(new Set(server.lines())).toEqual(new Set(['no.test A', 'no.test AAAA']));
  });

  test('the search list is tried after the literal name does not exist', async () => {
    await using server = await startDnsServer(({ name }) =>
      name === 'harbor.reg.svc.cluster.local' ? V4 : 'nxdomain',
    );
    await using resolver = await startResolver(server, {
      search: 'search ns.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5',
    });
    expect(await addressesOf(resolver, 'harbor.reg.svc')).toEqual(['10.0.0.7/4', 'fd12::7/6']);
    const names = server.questions.filter(({ type }) => type === 'A').map(({ name }) => name);
    expect(names).toEqual([
      'harbor.reg.svc',
      'harbor.reg.svc.ns.svc.cluster.local',
      'harbor.reg.svc.svc.cluster.local',
      'harbor.reg.svc.cluster.local',
    ]);
  });

  test('a server failure ends the search', async () => {
    await using server = await startDnsServer(() => 'servfail');
    await using resolver = await startResolver(server, { search: 'search a.test b.test' });
    await expect(addressesOf(resolver, 'r.test')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    expect(new Set(server.questions.map(({ name }) => name))).toEqual(new Set(['r.test']));
  });

  test.for([
    { host: 'r.test', names: ['r.test', 'r.test.a', 'r.test.b'] },
    { host: 'harbor', names: ['harbor.a', 'harbor.b', 'harbor'] },
    { host: 'r.test.', names: ['r.test'] },
  ])('names queried for $host', ({ host, names }) => {
    expect(candidateNames(host, ['a', 'b'])).toEqual(names);
  });

  test('the last search or domain line applies', () => {
    expect(parseSearchList('search a b\nnameserver 10.0.0.1\ndomain c. # d\n')).toEqual(['c']);
    expect(parseSearchList('nameserver 10.0.0.1')).toEqual([]);
    expect([...parseHostsFile('# nothing\n').keys()]).toEqual([]);
  });
});

describe('lookups of many namespaces', () => {
  const isDead = (name: string): boolean => name.endsWith('.dead.test');

  test('names that never resolve use no more than the share of their namespace', async () => {
    await using server = await startDnsServer(({ name }) => (isDead(name) ? 'silence' : V4));
    await using resolver = await startResolver(server, { limits: { dnsTryMs: 2_000 } });
    const { prepare } = resolver;
    const rejections: unknown[] = [];
    for (let pod = 0; pod < 500; pod++) {
      prepare(`r${pod}.dead.test`, 'attacker').catch((error: unknown) => rejections.push(error));
      if (pod % 50 === 0) await prepare(`r${pod}.good.test`, `victim-${pod}`);
    }
    await prepare('last.good.test', 'victim');
    expect(rejections).toHaveLength(500 - 16);
    expect(String(rejections[0])).toContain('namespace "attacker" waits for 16 other names');
    const dead = new Set(server.questions.map(({ name }) => name).filter(isDead));
    expect(dead.size).toBe(16);
  });

  test('a failed lookup is cached; a lookup rejected by an exhausted share is not', async () => {
    await using server = await startDnsServer(({ name }) => (isDead(name) ? 'silence' : V4));
    await using resolver = await startResolver(server, { limits: { dnsMs: 200, dnsShare: 1 } });
    const { prepare } = resolver;
    const first = prepare('a.dead.test', 'attacker');
    await expect(prepare('good.test', 'attacker')).rejects.toMatchObject({ code: 'EDNSBUSY' });
    await prepare('good.test', 'victim');
    await expect(first).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const asked = server.questions.length;
    await expect(prepare('a.dead.test', 'attacker')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await prepare('good.test', 'attacker');
    expect(server.questions).toHaveLength(asked);
    // The first lookup has ended, so the share is free again.
    await prepare('other.test', 'attacker');
  });

  test('neither the shares nor the total limit apply to lookups of wasmgate itself', async () => {
    await using server = await startDnsServer(({ name }) => (isDead(name) ? 'silence' : V4));
    await using resolver = await startResolver(server, {
      limits: { dnsLookups: 1, dnsShare: 1, dnsMs: 100 },
    });
    const dead = Array.from({ length: 5 }, (_, index) => resolver.prepare(`${index}.dead.test`, OWN_TENANT));
    await resolver.prepare('good.test', OWN_TENANT);
    const outcomes = await Promise.allSettled(dead);
    const codes = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : null));
    expect(codes).toEqual(Array(5).fill('ETIMEDOUT'));
  });

  test('concurrent lookups of a name share one query', async () => {
    await using server = await startDnsServer(() => V4);
    await using resolver = await startResolver(server);
    await Promise.all(Array.from({ length: 100 }, (_, index) => resolver.prepare('r.test', `ns-${index}`)));
    await addressesOf(resolver, 'r.test');
    expect(server.lines().toSorted()).toEqual(['r.test A', 'r.test AAAA']);
  });

  test('the number of concurrent lookups and the bytes of the cache are limited', async () => {
    await using server = await startDnsServer(({ name }) => (isDead(name) ? 'silence' : V4));
    await using resolver = await startResolver(server, {
      limits: { dnsLookups: 3, dnsMs: 100, dnsBytes: 1_000 },
    });
    const { prepare } = resolver;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, (_, index) => prepare(`r${index}.dead.test`, `ns-${index}`)),
    );
    const codes = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : null));
    expect(codes).toEqual(['ETIMEDOUT', 'ETIMEDOUT', 'ETIMEDOUT', 'EDNSBUSY', 'EDNSBUSY']);
    await prepare('first.test', 'ns');
    await prepare('second.test', 'ns');
    await prepare('first.test', 'ns');
    expect(server.lines().filter((line) => line === 'first.test A')).toHaveLength(2);
  });
});
