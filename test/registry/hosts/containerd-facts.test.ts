import { describe, expect, test } from 'vitest';
import { endpointsOf, type HostsConfiguration } from '../../../src/registry/endpoints.ts';
import { readHosts, readHostsToml, readRegistriesYaml } from '../../support/registry/hosts-files.ts';

function listOf(hosts: HostsConfiguration, registry: string) {
  const subject = { registry, repository: 'a', reference: `${registry}/a:latest` };
  return endpointsOf(subject, { plainHttp: [], allowLoopback: false, hosts });
}

function addresses(hosts: HostsConfiguration, registry: string): readonly string[] {
  return listOf(hosts, registry).map(({ base, registry: name }) => `${base.href} of ${name}`);
}

describe('hosts.toml of containerd 2.2 and newer', () => {
  test.for([
    { text: '["pull", "resolve", "referrers"]', pulls: true, resolves: true },
    { text: '["Referrers", "PULL"]', pulls: true, resolves: false },
    { text: '["referrers"]', pulls: false, resolves: false },
    { text: '[]', pulls: true, resolves: true },
  ])('capabilities $text', async ({ text, ...able }) => {
    const [host] = listOf(
      await readHostsToml({ 'r.test': `[host."m.test"]\ncapabilities = ${text}` }),
      'r.test',
    );
    expect(host).toMatchObject(able);
  });

  test('capabilities above the hosts count only for a server that is named', async () => {
    const top = 'capabilities = ["push"]\nskip_verify = true\n[header]\nx-a = "b"\n';
    const [own] = listOf(await readHostsToml({ 'r.test': top }), 'r.test');
    expect(own).toMatchObject({
      pulls: true,
      resolves: true,
      headers: { 'x-a': 'b' },
      tls: { insecure: true },
    });
    const [named] = listOf(await readHostsToml({ 'r.test': `server = "s.test"\n${top}` }), 'r.test');
    expect(named).toMatchObject({ pulls: false, resolves: false });
  });
});

describe('a port that is written out, although it is the usual one', () => {
  test.for([
    { server: 'https://m.test:443', name: 'm.test:443' },
    { server: 'm.test:443', name: 'm.test:443' },
    { server: 'http://m.test:80/', name: 'm.test:80' },
    { server: 'https://[fd12::1]:443/v2', name: '[fd12::1]:443' },
    { server: 'https://m.test:80', name: 'm.test:80' },
    { server: 'https://m.test/a:443', name: 'm.test' },
    { server: 'https://m.test', name: 'm.test' },
  ])('is part of the name of $server', async ({ server, name }) => {
    const tables = await Promise.all([
      readHosts({ mirrors: { 'r.test': [server] } }),
      readHostsToml({ 'r.test': `[host."${server}"]` }),
      readRegistriesYaml(JSON.stringify({ mirrors: { 'r.test': { endpoint: [server] } } })),
    ]);
    expect(tables.map((hosts) => listOf(hosts, 'r.test')[0]?.registry)).toEqual([name, name, name]);
  });

  test('keeps the login and trust of registries.yaml', async () => {
    const hosts = await readRegistriesYaml(`
      mirrors: {r.test: {endpoint: ["https://m.test:443", "http://m.test:80", "https://m.test"]}}
      configs:
        m.test:443: {auth: {username: u, password: p}, tls: {insecure_skip_verify: true}}`);
    const list = listOf(hosts, 'r.test');
    expect(list.map(({ registry, tls }) => [registry, tls?.insecure])).toEqual([
      ['m.test:443', true],
      ['m.test:80', undefined],
      ['m.test', undefined],
      ['r.test', undefined],
    ]);
    expect(list[0]?.credentials.map(({ server }) => server)).toEqual(['m.test:443']);
  });

  test.for(['m.test:443', 'm.test'])('keeps the trust of registry.tls for %s', async (key) => {
    const hosts = await readHosts({
      mirrors: { 'r.test': ['https://m.test:443'] },
      tls: { [key]: { insecure: true } },
    });
    expect(listOf(hosts, 'r.test')[0]?.tls?.insecure).toBe(true);
    expect(listOf(hosts, 'm.test:443')[0]?.tls?.insecure).toBe(true);
  });
});

describe('registries.yaml of the newest K3s', () => {
  const hub = 'https://registry-1.docker.io/v2 of docker.io';
  const endpoints = (list: readonly string[], rest = {}): string =>
    JSON.stringify({ mirrors: { 'docker.io': { endpoint: list, ...rest } } });

  test.for([
    { name: 'Docker Hub by its short name', list: ['docker.io'], bases: [hub] },
    {
      name: 'Docker Hub in front',
      list: ['docker.io', 'a.test'],
      bases: [hub, 'https://a.test/v2 of a.test', hub],
    },
    {
      name: 'Docker Hub at the end',
      list: ['a.test', 'https://docker.io/v2'],
      bases: ['https://a.test/v2 of a.test', hub],
    },
    {
      name: 'equal endpoints, in different words',
      list: ['a.test', 'b.test', 'https://a.test', 'https://a.test/', 'https://a.test/v2'],
      bases: ['https://a.test/v2 of a.test', 'https://b.test/v2 of b.test', hub],
    },
    {
      name: 'ports, which make another endpoint',
      list: ['a.test', 'a.test:443'],
      bases: ['https://a.test/v2 of a.test', 'https://a.test/v2 of a.test:443', hub],
    },
    {
      name: 'the node itself, which speaks plain http',
      list: ['localhost:5000', '127.0.0.1:80', 'localhost:443', 'localhost'],
      bases: [
        'http://localhost:5000/v2 of localhost:5000',
        'http://127.0.0.1/v2 of 127.0.0.1:80',
        'https://localhost/v2 of localhost:443',
        'https://localhost/v2 of localhost',
        hub,
      ],
    },
    {
      name: 'a path of its own that ends in the version',
      list: ['a.test/prefix/v2', 'https://a.test/project/registry'],
      bases: ['https://a.test/prefix/v2 of a.test', 'https://a.test/project/registry of a.test', hub],
    },
  ])('$name', async ({ list, bases }) => {
    expect(addresses(await readRegistriesYaml(endpoints(list)), 'docker.io')).toEqual(bases);
  });

  test.for([
    { list: ['docker.io', 'a.test'], rewriting: [1, 1, 0] },
    { list: ['a.test', 'docker.io'], rewriting: [1, 1] },
    { list: ['a.test', 'docker.io', 'a.test'], rewriting: [1, 1, 0] },
    { list: ['docker.io'], rewriting: [1] },
    { list: [], rewriting: [0] },
  ])('rewrites of a registry listed as its own endpoint: $list', async ({ list, rewriting }) => {
    const hosts = await readRegistriesYaml(endpoints(list, { rewrite: { '^library/': 'hub/' } }));
    expect(listOf(hosts, 'docker.io').map(({ rewrites }) => rewrites.length)).toEqual(rewriting);
  });

  test.for(['/v2', 'https:///v2', 'http://\\\\v2', '//'])('"%s" is no host', async (address) => {
    await expect(readRegistriesYaml(endpoints([address]))).rejects.toThrow('is not an address');
    await expect(readHosts({ mirrors: { 'r.test': [address] } })).rejects.toThrow('is not an address');
  });
});
