import { describe, expect, test } from 'vitest';
import { endpointsOf, type HostsConfiguration } from '../../../src/registry/endpoints.ts';
import { readHosts, readHostsToml, readRegistriesYaml } from '../../support/registry/hosts-files.ts';

function endpointsFor(hosts: HostsConfiguration, registry: string) {
  const subject = { registry, repository: 'a', reference: `${registry}/a:latest` };
  return endpointsOf(subject, { plainHttp: [], allowLoopback: false, hosts });
}

function endpointNamesFor(hosts: HostsConfiguration, registry: string): readonly string[] {
  return endpointsFor(hosts, registry).map(({ base, registry: name }) => `${base.href} of ${name}`);
}

describe('hosts.toml, as containerd 2.2 and later read it', () => {
  test.for([
    { text: '["pull", "resolve", "referrers"]', pulls: true, resolves: true },
    { text: '["Referrers", "PULL"]', pulls: true, resolves: false },
    { text: '["referrers"]', pulls: false, resolves: false },
    { text: '[]', pulls: true, resolves: true },
  ])('capabilities $text', async ({ text, ...able }) => {
    const [host] = endpointsFor(
      await readHostsToml({ 'r.test': `[host."m.test"]\ncapabilities = ${text}` }),
      'r.test',
    );
    expect(host).toMatchObject(able);
  });

  test('top-level capabilities apply only if "server" is set', async () => {
    const top = 'capabilities = ["push"]\nskip_verify = true\n[header]\nx-a = "b"\n';
    const [own] = endpointsFor(await readHostsToml({ 'r.test': top }), 'r.test');
    expect(own).toMatchObject({
      pulls: true,
      resolves: true,
      headers: { 'x-a': 'b' },
      tls: { insecure: true },
    });
    const [named] = endpointsFor(await readHostsToml({ 'r.test': `server = "s.test"\n${top}` }), 'r.test');
    expect(named).toMatchObject({ pulls: false, resolves: false });
  });
});

describe('an explicit default port', () => {
  test.for([
    { server: 'https://m.test:443', name: 'm.test:443' },
    { server: 'm.test:443', name: 'm.test:443' },
    { server: 'http://m.test:80/', name: 'm.test:80' },
    { server: 'https://[fd12::1]:443/v2', name: '[fd12::1]:443' },
    { server: 'https://m.test:80', name: 'm.test:80' },
    { server: 'https://m.test/a:443', name: 'm.test' },
    { server: 'https://m.test', name: 'm.test' },
  ])('the name of $server is $name', async ({ server, name }) => {
    const tables = await Promise.all([
      readHosts({ mirrors: { 'r.test': [server] } }),
      readHostsToml({ 'r.test': `[host."${server}"]` }),
      readRegistriesYaml(JSON.stringify({ mirrors: { 'r.test': { endpoint: [server] } } })),
    ]);
    expect(tables.map((hosts) => endpointsFor(hosts, 'r.test')[0]?.registry)).toEqual([name, name, name]);
  });

  test('the credentials and TLS settings of registries.yaml apply to it', async () => {
    const hosts = await readRegistriesYaml(`
      mirrors: {r.test: {endpoint: ["https://m.test:443", "http://m.test:80", "https://m.test"]}}
      configs:
        m.test:443: {auth: {username: u, password: p}, tls: {insecure_skip_verify: true}}`);
    const list = endpointsFor(hosts, 'r.test');
    expect(list.map(({ registry, tls }) => [registry, tls?.insecure])).toEqual([
      ['m.test:443', true],
      ['m.test:80', undefined],
      ['m.test', undefined],
      ['r.test', undefined],
    ]);
    expect(list[0]?.credentials.map(({ server }) => server)).toEqual(['m.test:443']);
  });

  test.for(['m.test:443', 'm.test'])('registry.tls for %s applies to it', async (key) => {
    const hosts = await readHosts({
      mirrors: { 'r.test': ['https://m.test:443'] },
      tls: { [key]: { insecure: true } },
    });
    expect(endpointsFor(hosts, 'r.test')[0]?.tls?.insecure).toBe(true);
    expect(endpointsFor(hosts, 'm.test:443')[0]?.tls?.insecure).toBe(true);
  });
});

describe('registries.yaml, as the latest K3s reads it', () => {
  const hub = 'https://registry-1.docker.io/v2 of docker.io';
  const endpoints = (list: readonly string[], rest = {}): string =>
    JSON.stringify({ mirrors: { 'docker.io': { endpoint: list, ...rest } } });

  test.for([
    { name: 'Docker Hub by its short name', list: ['docker.io'], bases: [hub] },
    {
      name: 'Docker Hub first',
      list: ['docker.io', 'a.test'],
      bases: [hub, 'https://a.test/v2 of a.test', hub],
    },
    {
      name: 'Docker Hub last',
      list: ['a.test', 'https://docker.io/v2'],
      bases: ['https://a.test/v2 of a.test', hub],
    },
    {
      name: 'equal endpoints in different spellings',
      list: ['a.test', 'b.test', 'https://a.test', 'https://a.test/', 'https://a.test/v2'],
      bases: ['https://a.test/v2 of a.test', 'https://b.test/v2 of b.test', hub],
    },
    {
      name: 'an explicit port, which makes another endpoint',
      list: ['a.test', 'a.test:443'],
      bases: ['https://a.test/v2 of a.test', 'https://a.test/v2 of a.test:443', hub],
    },
    {
      name: 'the node itself, over plain HTTP',
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
      name: 'custom paths, with and without the API version',
      list: ['a.test/prefix/v2', 'https://a.test/project/registry'],
      bases: ['https://a.test/prefix/v2 of a.test', 'https://a.test/project/registry of a.test', hub],
    },
  ])('$name', async ({ list, bases }) => {
    expect(endpointNamesFor(await readRegistriesYaml(endpoints(list)), 'docker.io')).toEqual(bases);
  });

  test.for([
    { list: ['docker.io', 'a.test'], rewriting: [1, 1, 0] },
    { list: ['a.test', 'docker.io'], rewriting: [1, 1] },
    { list: ['a.test', 'docker.io', 'a.test'], rewriting: [1, 1, 0] },
    { list: ['docker.io'], rewriting: [1] },
    { list: [], rewriting: [0] },
  ])('rewrites of a registry listed as its own endpoint: $list', async ({ list, rewriting }) => {
    const hosts = await readRegistriesYaml(endpoints(list, { rewrite: { '^library/': 'hub/' } }));
    expect(endpointsFor(hosts, 'docker.io').map(({ rewrites }) => rewrites.length)).toEqual(rewriting);
  });

  test.for(['/v2', 'https:///v2', 'http://\\\\v2', '//'])('"%s" is not a host', async (address) => {
    await expect(readRegistriesYaml(endpoints([address]))).rejects.toThrow('is not an address');
    await expect(readHosts({ mirrors: { 'r.test': [address] } })).rejects.toThrow('is not an address');
  });
});
