import { describe, expect, test } from 'vitest';
import { endpointsOf, type HostsConfiguration } from '../../../src/registry/endpoints.ts';
import {
  readHosts,
  readHostsToml,
  readRegistriesYaml,
  writeFiles,
} from '../../support/registry/hosts-files.ts';
import { certificateFor } from '../../support/server/certificates.ts';

const { cert, key: KEY } = await certificateFor();
const PEM = `${cert}\n`;

function endpointsFor(hosts: HostsConfiguration, registry: string) {
  const subject = { registry, repository: 'a', reference: `${registry}/a:latest` };
  return endpointsOf(subject, { plainHttp: [], allowLoopback: false, hosts });
}

function baseUrlsFor(hosts: HostsConfiguration, registry: string): readonly string[] {
  return endpointsFor(hosts, registry).map(({ base }) => base.href);
}

describe('hosts.toml, as containerd reads it', () => {
  test.for([
    { name: 'an empty file', text: '', bases: ['https://r.test/v2'] },
    { name: 'a server', text: 'server = "https://other.test"', bases: ['https://other.test/v2'] },
    {
      name: 'a server without a scheme',
      text: 'server = "other.test:5000"',
      bases: ['https://other.test:5000/v2'],
    },
    {
      name: 'a host, then the registry itself',
      text: '[host."https://mirror.test"]',
      bases: ['https://mirror.test/v2', 'https://r.test/v2'],
    },
    {
      name: 'hosts in file order',
      text: 'server = "https://last.test"\n[host."https://z.test"]\n[host."http://a.test:81"]\n[host."m.test"]',
      bases: ['https://z.test/v2', 'http://a.test:81/v2', 'https://m.test/v2', 'https://last.test/v2'],
    },
    {
      name: 'a path without the API version',
      text: '[host."https://mirror.test/proxy"]',
      bases: ['https://mirror.test/proxy/v2', 'https://r.test/v2'],
    },
    {
      name: 'a path with the API version',
      text: '[host."https://mirror.test/proxy/v2/"]',
      bases: ['https://mirror.test/proxy/v2', 'https://r.test/v2'],
    },
    {
      name: 'a path with override_path',
      text: '[host."https://mirror.test/v2/hub"]\noverride_path = true',
      bases: ['https://mirror.test/v2/hub', 'https://r.test/v2'],
    },
    {
      name: 'no path, with override_path',
      text: '[host."https://mirror.test"]\noverride_path = true',
      bases: ['https://mirror.test/', 'https://r.test/v2'],
    },
  ])('$name', async ({ text, bases }) => {
    expect(baseUrlsFor(await readHostsToml({ 'r.test': text }), 'r.test')).toEqual(bases);
  });

  test('capabilities, headers and TLS settings apply to their own host only', async () => {
    const text = `
      [host."https://mirror.test"]
        capabilities = ["Pull"]
        skip_verify = true
        [host."https://mirror.test".header]
          X-Part = ["a", "b"]
      [host."https://whole.test"]
        [host."https://whole.test".rewrite]
          "^a$" = "b"`;
    const [mirror, whole, own] = endpointsFor(await readHostsToml({ 'r.test': text }), 'r.test');
    expect(mirror).toMatchObject({ pulls: true, resolves: false, headers: { 'x-part': 'a, b' } });
    expect(mirror?.tls).toEqual({ ca: [], client: [], insecure: true });
    expect(whole).toMatchObject({ pulls: true, resolves: true, headers: {}, tls: null });
    expect(whole?.rewrites).toHaveLength(1);
    expect(own).toMatchObject({ resolves: true, tls: null, registry: 'r.test' });
  });

  test('certificate paths are relative to the file, or absolute', async () => {
    await using files = await writeFiles({
      'elsewhere.pem': `${PEM}elsewhere`,
      'certs.d/r.test/ca.pem': `${PEM}ca`,
      'certs.d/r.test/client.pem': `${PEM}\n${KEY}`,
      'certs.d/r.test/client.key': KEY,
    });
    const text = `
      ca = ["ca.pem", "${files.at('elsewhere.pem')}"]
      client = [["client.pem", "client.key"], ["client.pem", ""], "client.pem"]`;
    await using both = await writeFiles({ ...(await copy(files)), 'r.test/hosts.toml': text });
    const [own] = endpointsFor(await readHosts({ hostsDirectory: both.folder }), 'r.test');
    expect(own?.tls).toEqual({
      ca: [`${PEM}ca`, `${PEM}elsewhere`],
      client: [
        { cert: `${PEM}\n${KEY}`, key: KEY },
        { cert: `${PEM}\n${KEY}`, key: `${PEM}\n${KEY}` },
        { cert: `${PEM}\n${KEY}`, key: `${PEM}\n${KEY}` },
      ],
      insecure: false,
    });
  });

  test('without hosts.toml, certificates are found by their extensions, as Docker does', async () => {
    await using files = await writeFiles({
      'r.test/ca.crt': `${PEM}ca`,
      'r.test/me.cert': `${PEM}me`,
      'r.test/me.key': KEY,
      'r.test/README': 'nothing',
    });
    const [own] = endpointsFor(await readHosts({ hostsDirectory: files.folder }), 'r.test');
    expect(own?.tls).toEqual({
      ca: [`${PEM}ca`],
      client: [{ cert: `${PEM}me`, key: KEY }],
      insecure: false,
    });
  });

  test.for([
    { name: 'escaped name', folders: ['r.test_5000_', 'r.test:5000', '_default'], taken: 'r.test_5000_' },
    { name: 'literal name', folders: ['r.test:5000', '_default'], taken: 'r.test:5000' },
    { name: '_default', folders: ['r.test', '_default'], taken: '_default' },
  ])('the folder of a host with a port: $name', async ({ folders, taken }) => {
    const texts = folders.map((name) => [name, `[host."https://${name.replaceAll(/[:_]/g, '-')}x.test"]`]);
    const [first] = baseUrlsFor(await readHostsToml(Object.fromEntries(texts)), 'r.test:5000');
    expect(first).toBe(`https://${taken.replaceAll(/[:_]/g, '-')}x.test/v2`);
  });

  test('_default falls back to the registry itself', async () => {
    const hosts = await readHostsToml({ _default: '[host."https://m.test"]' });
    expect(baseUrlsFor(hosts, 'docker.io')).toEqual(['https://m.test/v2', 'https://registry-1.docker.io/v2']);
  });

  test.for([
    { name: 'not TOML', text: 'server = ', state: 'Invalid TOML document' },
    { name: 'an unknown capability', text: 'capabilities = ["fly"]', state: 'there is no capability "fly"' },
    { name: 'a number as a flag', text: 'skip_verify = 1', state: '"skip_verify" must be true or false' },
    { name: 'a table as a path', text: '[ca]', state: '"ca" must be a string' },
    { name: 'an invalid server', text: 'server = "https://["', state: '"https://[" is not an address' },
    { name: 'credentials in an address', text: '[host."https://u:p@h.test"]', state: 'more than a path' },
    {
      name: 'three client files',
      text: 'client = [["a", "b", "c"]]',
      state: '"client" must be a list of files or of pairs',
    },
    {
      name: 'a header with a line break',
      text: '[header]\nx = "a\\r\\nb: c"',
      state: 'header "x" cannot be sent',
    },
    {
      name: 'a connection header',
      text: '[header]\nHost = "a"',
      state: 'header "Host" cannot be sent',
    },
    { name: 'hosts that are not tables', text: '[host]\nx = 1', state: 'host "x" is not a table' },
    {
      name: 'a missing file',
      text: 'ca = "none.pem"',
      state: 'none.pem": there is no such file or folder',
    },
    {
      name: 'a file without a certificate',
      text: 'ca = "hosts.toml"',
      state: 'it contains no certificate',
    },
  ])('rejected: $name', async ({ text, state }) => {
    await expect(readHostsToml({ 'r.test': text })).rejects.toMatchObject({
      name: 'AppError',
      message: expect.stringContaining(state),
    });
  });
});

async function copy(files: { readonly at: (path: string) => string }): Promise<Record<string, string>> {
  const { readFile } = await import('node:fs/promises');
  const names = ['ca.pem', 'client.pem', 'client.key'];
  const texts = await Promise.all(names.map((name) => readFile(files.at(`certs.d/r.test/${name}`), 'utf8')));
  return Object.fromEntries(names.map((name, index) => [`r.test/${name}`, texts[index] ?? '']));
}

describe('registries.yaml, as K3s reads it', () => {
  test.for([
    { name: 'an empty file', text: '', registry: 'r.test', bases: ['https://r.test/v2'] },
    {
      name: 'endpoints, then the registry itself',
      text: 'mirrors: {r.test: {endpoint: ["https://a.test:5000", "http://b.test"]}}',
      registry: 'r.test',
      bases: ['https://a.test:5000/v2', 'http://b.test/v2', 'https://r.test/v2'],
    },
    {
      name: 'an explicit default path',
      text: 'mirrors: {r.test: {endpoint: ["https://a.test/v2", "https://b.test/"]}}',
      registry: 'r.test',
      bases: ['https://a.test/v2', 'https://b.test/v2', 'https://r.test/v2'],
    },
    {
      name: 'a custom path, which stays as it is',
      text: 'mirrors: {r.test: {endpoint: ["https://a.test/v2/hub"]}}',
      registry: 'r.test',
      bases: ['https://a.test/v2/hub', 'https://r.test/v2'],
    },
    {
      name: 'the registry itself listed first, which is also the fallback',
      text: 'mirrors: {docker.io: {endpoint: ["https://registry-1.docker.io", "https://a.test"]}}',
      registry: 'docker.io',
      bases: ['https://registry-1.docker.io/v2', 'https://a.test/v2', 'https://registry-1.docker.io/v2'],
    },
    {
      name: 'endpoints under one name of Docker Hub, settings under both',
      text: 'mirrors: {docker.io: {endpoint: ["https://a.test"]}}\nconfigs: {docker.io: {}, registry-1.docker.io: {}}',
      registry: 'docker.io',
      bases: ['https://a.test/v2', 'https://registry-1.docker.io/v2'],
    },
    {
      name: 'the wildcard',
      text: 'mirrors: {"*": {endpoint: ["https://a.test"]}, b.test: {}}',
      registry: 'r.test',
      bases: ['https://a.test/v2', 'https://r.test/v2'],
    },
    {
      name: 'an empty entry, which does not override the wildcard',
      text: 'mirrors: {"*": {endpoint: ["https://a.test"]}, r.test: {}}\nconfigs: {r.test: {}}',
      registry: 'r.test',
      bases: ['https://a.test/v2', 'https://r.test/v2'],
    },
    {
      name: 'an entry with TLS settings, which overrides the wildcard',
      text: 'mirrors: {"*": {endpoint: ["https://a.test"]}}\nconfigs: {r.test: {tls: {}}}',
      registry: 'r.test',
      bases: ['https://r.test/v2'],
    },
  ])('$name', async ({ text, registry, bases }) => {
    expect(baseUrlsFor(await readRegistriesYaml(text), registry)).toEqual(bases);
  });

  test('TLS settings and credentials apply to the named host only', async () => {
    const hosts = await readRegistriesYaml(`
      mirrors: {docker.io: {endpoint: ["https://a.test:5000"], rewrite: {"^library/(.*)": "hub/$1"}}}
      configs:
        a.test:5000: {auth: {username: u, password: p}, tls: {insecure_skip_verify: true}}
        b.test: {auth: {token: t}}`);
    const [mirror, own] = endpointsFor(hosts, 'docker.io');
    expect(mirror?.tls?.insecure).toBe(true);
    expect(own?.tls).toBeNull();
    expect([mirror?.rewrites.length, own?.rewrites.length]).toEqual([1, 0]);
    expect(hosts.credentials.map(({ server, secret }) => ({ server, ...secret }))).toEqual([
      { server: 'a.test:5000', kind: 'basic', username: 'u', password: 'p' },
      { server: 'b.test', kind: 'identity-token', token: 't' },
    ]);
  });

  test.for([
    { name: 'not YAML', text: 'configs: {a: [', state: 'it is not YAML' },
    { name: 'a list', text: '[]', state: 'it is not a map' },
    {
      name: 'a map as endpoints',
      text: 'mirrors: {a: {endpoint: {}}}',
      state: '"endpoint" takes a list',
    },
    {
      name: 'a number as a flag',
      text: 'configs: {a: {tls: {insecure_skip_verify: 1}}}',
      state: 'true or false',
    },
    {
      name: 'a certificate without its key',
      text: 'configs: {a: {tls: {cert_file: c}}}',
      state: 'must be set together',
    },
    {
      name: 'a pattern that could take too long',
      text: 'mirrors: {a: {rewrite: {"(a+)+": b}}}',
      state: 'repeated',
    },
    {
      name: 'too many aliases',
      text: `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]`,
      state: 'it is not YAML',
    },
  ])('rejected: $name', async ({ text, state }) => {
    await expect(readRegistriesYaml(text)).rejects.toMatchObject({
      name: 'AppError',
      message: expect.stringContaining(state),
    });
  });

  test('an error never contains a password', async () => {
    const error = await readRegistriesYaml('configs: {a: {auth: {password: hunter2').catch(
      (caught: unknown) => caught,
    );
    expect(String(error)).toContain('it is not YAML');
    expect(JSON.stringify([String(error), (error as Error).cause ?? null])).not.toContain('hunter2');
  });
});

describe('precedence of several sources', () => {
  test('registry.mirrors, then registries.yaml, then the folder; registry.tls overrides all', async () => {
    await using files = await writeFiles({
      'k3s.yaml':
        'mirrors: {a.test: {endpoint: ["https://k3s.test"]}, b.test: {endpoint: ["https://k3s.test"]}}',
      'd/_default/hosts.toml': 'server = "https://folder.test"\nskip_verify = true',
    });
    const hosts = await readHosts({
      mirrors: { 'a.test': ['https://own.test'] },
      tls: { 'folder.test': { insecure: false } },
      registriesFile: files.at('k3s.yaml'),
      hostsDirectory: files.at('d'),
    });
    const firsts = ['a.test', 'b.test', 'c.test'].map((registry) => baseUrlsFor(hosts, registry)[0]);
    expect(firsts).toEqual(['https://own.test/v2', 'https://k3s.test/v2', 'https://folder.test/v2']);
    expect(endpointsFor(hosts, 'c.test')[0]?.tls?.insecure).toBe(false);
  });

  test('a missing folder is rejected', async () => {
    await expect(readHosts({ hostsDirectory: '/none/at/all' })).rejects.toThrow(
      'Cannot read "/none/at/all": there is no such file or folder',
    );
  });
});
