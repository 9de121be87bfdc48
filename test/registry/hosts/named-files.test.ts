import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createConfigurationReader } from '../../../src/config/configuration-reader.ts';
import { readNamedFiles } from '../../../src/registry/hosts/named-files.ts';
import { registrySettings, type RegistrySettings } from '../../../src/registry/settings.ts';
import { writeFiles } from '../../support/registry/hosts-files.ts';
import { certificateFor } from '../../support/server/certificates.ts';

const { cert, key } = await certificateFor();
const other = await certificateFor();

const configurations = createConfigurationReader({ registry: registrySettings });

function settings(registry: object): RegistrySettings {
  const file = { apiVersion: 'wasmgate.dev/v1alpha1', kind: 'Configuration', registry };
  return configurations.parse(JSON.stringify(file), 'a.yaml').registry;
}

async function faultsOf(given: object): Promise<readonly string[]> {
  const { faults } = await readNamedFiles(settings(given));
  return faults.map(({ path, error }) => `${path.join('.')}: ${error.code}: ${error.message}`);
}

test('all faults of all files are reported at once, with the setting that names each file', async () => {
  await using files = await writeFiles({
    'ca.pem': 'none',
    'k3s.yaml': 'mirrors: {a.test: {endpoint: {}}, b.test: {endpoint: [1]}}\nconfigs: {c.test: {tls: 1}}',
    'd/a.test/hosts.toml': '[host."x y"]\n[host."https://b.test"]\ncapabilities = ["fly"]',
    'd/b.test/hosts.toml': 'server = "https://b.test"\n\nserver = 1',
    'd/c.test/ca.crt': 'none',
  });
  const faults = await faultsOf({
    caFile: files.at('ca.pem'),
    registriesFile: files.at('k3s.yaml'),
    hostsDirectory: files.at('d'),
    tls: { 'd.test': { caFile: files.at('none.pem') }, 'e.test': { certFile: files.at('ca.pem') } },
  });
  const short = faults.map((fault) => fault.replaceAll(`${files.folder}/`, ''));
  expect(short.toSorted()).toEqual([
    'caFile: invalid-pem: Cannot use "ca.pem": it contains no certificate',
    'hostsDirectory: invalid-hosts: Cannot use hosts file "d/a.test/hosts.toml": "x y" is not an address',
    'hostsDirectory: invalid-hosts: Cannot use hosts file "d/a.test/hosts.toml": there is no capability "fly"',
    expect.stringContaining('Cannot use hosts file "d/b.test/hosts.toml": line 3: Invalid TOML'),
    'hostsDirectory: invalid-pem: Cannot use "d/c.test/ca.crt": it contains no certificate',
    'registriesFile: invalid-hosts: Cannot use registries file "k3s.yaml": "endpoint" takes a list of addresses',
    'registriesFile: invalid-hosts: Cannot use registries file "k3s.yaml": "endpoint" takes a list of addresses',
    'registriesFile: invalid-hosts: Cannot use registries file "k3s.yaml": "tls" is not a map',
    'tls.d.test: missing-file: Cannot read "none.pem": there is no such file or folder',
    'tls.e.test: invalid-pem: Cannot use "ca.pem": it contains no certificate',
  ]);
});

test.for([
  { name: 'a certificate with its key', cert, key, says: null },
  { name: 'both in one file', cert: `${cert}\n${key}`, says: null },
  {
    name: 'several certificates with comments between them',
    cert: `# one\n${cert}\n# two\n${cert}\n${key}`,
    says: null,
  },
  { name: 'a certificate without its key', cert, says: 'it contains no key' },
  {
    name: 'the key of another certificate',
    cert,
    key: other.key,
    says: 'its key does not belong to certificate',
  },
  {
    name: 'a key with a passphrase',
    cert,
    key: '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n',
    says: 'needs a passphrase',
  },
  {
    name: 'a malformed key',
    cert,
    key: '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n',
    says: 'the key in it is broken',
  },
  {
    name: 'a truncated certificate',
    cert: cert.slice(0, 200),
    key,
    says: 'the certificate in it is broken',
  },
  {
    name: 'a truncated second certificate',
    cert: `${cert}\n${cert.slice(0, 200)}`,
    key,
    says: 'certificate 2 of 2 in it is broken',
  },
])('$name', async ({ says, ...texts }) => {
  await using files = await writeFiles(
    Object.fromEntries(Object.entries(texts).filter(([of]) => of !== 'name')),
  );
  const keyFile = 'key' in texts ? { keyFile: files.at('key') } : {};
  const faults = await faultsOf({ tls: { 'a.test': { certFile: files.at('cert'), ...keyFile } } });
  expect(faults).toEqual(says === null ? [] : [expect.stringContaining(says)]);
  expect(faults.join()).not.toMatch(/c2VjcmV0|secret/);
});

test('DER instead of PEM is rejected, with the command that converts it', async () => {
  await using files = await writeFiles({});
  const der = Buffer.from(cert.replaceAll(/-----.*-----|\s/g, ''), 'base64');
  await writeFile(files.at('ca.der'), der);
  const { faults } = await readNamedFiles(settings({ caFile: files.at('ca.der') }));
  expect(faults.map(({ error }) => [error.message, error.advice])).toEqual([
    [expect.stringContaining('not UTF-8 text'), expect.stringContaining('openssl x509 -inform der')],
  ]);
});

test('the fingerprint of the files changes with them and contains none of their text', async () => {
  await using files = await writeFiles({
    'd/a.test/hosts.toml': 'server = "https://x.test"',
    'ca.pem': cert,
  });
  const given = settings({ hostsDirectory: files.at('d'), caFile: files.at('ca.pem') });
  const first = await readNamedFiles(given);
  expect([...first.seen.keys()].toSorted()).toEqual(
    ['ca.pem', 'd', 'd/a.test', 'd/a.test/hosts.toml'].map((path) => files.at(path)),
  );
  expect([...first.seen.values()].join()).not.toContain('x.test');
  expect((await readNamedFiles(given)).seen).toEqual(first.seen);
  await writeFile(files.at('d/a.test/hosts.toml'), 'server = "https://y.test"');
  expect((await readNamedFiles(given)).seen).not.toEqual(first.seen);
});
