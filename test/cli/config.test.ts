import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runWasmgate, type WasmgateRun } from '../support/cli/run-wasmgate.ts';
import { serveWithoutCluster } from '../support/cli/serve-process.ts';
import { writeFiles } from '../support/registry/hosts-files.ts';

const HEAD = 'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration\n';

/** Writes a configuration and files beside it. `@` in it stands for their folder, which is removed from the output. */
async function check(
  configuration: string,
  { files = {}, flags = [] }: { readonly files?: Record<string, string>; readonly flags?: string[] } = {},
): Promise<WasmgateRun> {
  await using written = await writeFiles(files);
  await writeFile(written.at('a.yaml'), configuration.replaceAll('@', written.folder));
  const run = await runWasmgate(['config', 'check', written.at('a.yaml'), ...flags]);
  const shorten = (said: string): string => said.replaceAll(`${written.folder}/`, '');
  return { ...run, stdout: shorten(run.stdout), stderr: shorten(run.stderr) };
}

describe('files that the configuration names', () => {
  const ABSENT = `${HEAD}registry:
  caFile: /nonexistent/ca.pem
  registriesFile: /nonexistent/registries.yaml
  hostsDirectory: /nonexistent/certs.d
  dockerConfig: /nonexistent/config.json
  credentialProviders: {config: /nonexistent/p.yaml, binDir: /nonexistent}
  tls: {a.test: {certFile: /nonexistent/c.pem}}
`;
  const PLACES = [
    'line 4: registry.caFile: Cannot read "/nonexistent/ca.pem"',
    'line 5: registry.registriesFile: Cannot read registries file "/nonexistent/registries.yaml"',
    'line 6: registry.hostsDirectory: Cannot read "/nonexistent/certs.d"',
    'line 7: registry.dockerConfig: Cannot read Docker config "/nonexistent/config.json"',
    'line 8: registry.credentialProviders: Cannot read credential providers "/nonexistent/p.yaml"',
    'line 9: registry.tls["a.test"]: Cannot read "/nonexistent/c.pem"',
  ].map((place) => `  ${place}: there is no such file or folder\n`);

  test('that do not exist on this machine are listed, and are no problem', async () => {
    const { exitCode, stdout, stderr } = await check(ABSENT);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      `a.yaml: no problems; these files do not exist on this machine and were not checked:\n${PLACES.join('')}`,
    );
  });

  test('get notes on mirrors that wasmgate skips', async () => {
    const files = {
      'hosts/docker.io/hosts.toml':
        '[host."http://127.0.0.1:5000"]\n[host."http://[::1]:5000"]\n[host."https://m.test"]',
    };
    const { exitCode, stdout } = await check(`${HEAD}registry: {hostsDirectory: "@/hosts"}\n`, { files });
    expect(exitCode).toBe(0);
    const notes = ['127.0.0.1:5000', '[::1]:5000'].map(
      (host) =>
        `  note: mirror "${host}" is a loopback address, so wasmgate skips it. ` +
        'Name an address that Pods can reach, or list it in registry.allowAddresses.\n',
    );
    expect(stdout).toBe(`a.yaml: no problems\n${notes.join('')}`);
  });

  test('get no note on a mirror whose address is allowed', async () => {
    const { stdout } = await check(`${HEAD}registry:
  mirrors: {docker.io: ["http://127.0.0.1:5000", "http://localhost:5000"]}
  allowAddresses: [127.0.0.1]
`);
    expect(stdout).toBe('a.yaml: no problems\n');
  });

  test('are problems under --strict', async () => {
    const { exitCode, stdout, stderr } = await check(ABSENT, { flags: ['--strict'] });
    expect([exitCode, stdout]).toEqual([2, '']);
    // No list of keys follows, because it would not help.
    expect(stderr).toBe(`wasmgate: Cannot use configuration "a.yaml": 6 problems\n${PLACES.join('')}`);
  });

  test('are checked despite other problems, and all problems are reported at once', async () => {
    const { exitCode, stderr } = await check(
      `${HEAD}policy: {mode: adit}
registry:
  caFile: /nonexistent/ca.pem
  hostsDirectory: "@/hosts"
  registriesFile: "@/registries.yaml"
  dockerConfig: "@/config.json"
  credentialProviders: {config: "@/p.yaml", binDir: "@"}
  tls: {a.test: {caFile: "@/hosts/a.test/hosts.toml"}}
`,
      {
        files: {
          'hosts/a.test/hosts.toml': '\nserver = ',
          'hosts/b.test/hosts.toml': '[host."https://m.test"]\ncapabilities = ["fly"]',
          'registries.yaml': 'mirrors:\n  a.test: [',
          'config.json': '{"auths": geheim',
          'p.yaml': 'kind: CredentialProviderConfig',
        },
      },
    );
    expect(exitCode).toBe(2);
    expect(stderr.split('\n')).toEqual([
      'wasmgate: Cannot use configuration "a.yaml": 7 problems',
      expect.stringContaining('line 3: policy.mode: found "adit"'),
      expect.stringContaining(
        'line 6: registry.hostsDirectory: Cannot use hosts file "hosts/a.test/hosts.toml": line 2: ',
      ),
      '  line 6: registry.hostsDirectory: Cannot use hosts file "hosts/b.test/hosts.toml": there is no capability "fly"',
      '  line 7: registry.registriesFile: Cannot use registries file "registries.yaml": it is not YAML, line 2',
      expect.stringContaining(
        'line 8: registry.dockerConfig: Cannot read Docker config "config.json": it is not JSON. Create it',
      ),
      expect.stringContaining(
        'line 9: registry.credentialProviders: Cannot use credential providers "p.yaml": ',
      ),
      '  line 10: registry.tls["a.test"]: Cannot use "hosts/a.test/hosts.toml": it contains no certificate',
      '"wasmgate config defaults" prints every key and what it takes.',
      '',
    ]);
    expect(stderr).not.toContain('geheim');
  });

  test('may name further files, which are checked, too', async () => {
    const files = { 'hosts/a.test/hosts.toml': 'ca = "gone.pem"' };
    const { exitCode, stdout } = await check(`${HEAD}registry: {hostsDirectory: "@/hosts"}\n`, { files });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('line 3: registry.hostsDirectory: Cannot read "hosts/a.test/gone.pem"');
  });

  test('without problems are not mentioned', async () => {
    const files = { 'hosts/a.test/hosts.toml': 'server = "https://b.test"', 'config.json': '{}' };
    const registry = 'registry: {hostsDirectory: "@/hosts", dockerConfig: "@/config.json"}\n';
    const said = { exitCode: 0, stdout: 'a.yaml: no problems\n', stderr: '' };
    expect(await check(`${HEAD}${registry}`, { files })).toEqual(said);
    expect(await check(`${HEAD}${registry}`, { files, flags: ['--strict'] })).toEqual(said);
  });
});

describe('settings that can never work', () => {
  test('are problems with their lines, and with what to write instead', async () => {
    const { exitCode, stdout, stderr } = await check(`${HEAD}policy:
  skipImages:
    - nginx:latest
  systemNamespaces: [Team-A]
registry:
  mirrors:
    https://docker.io: [https://mirror.test]
    docker.io: ["http://localhost:5000", "https://mirror.test"]
`);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr.split('\n')).toEqual([
      'wasmgate: Configuration "a.yaml" has settings that can never work: 4 problems',
      '  line 5: policy.skipImages[0]: "nginx:latest" can never match: a pattern is registry/repository, without tag or digest. Write "nginx".',
      expect.stringMatching(
        /^ {2}line 6: policy\.systemNamespaces\[0\]: "Team-A" can never match: .* Write "team-a"\.$/,
      ),
      expect.stringMatching(
        /^ {2}line 9: registry\.mirrors\["https:\/\/docker\.io"\]: .* Write "docker\.io"\.$/,
      ),
      expect.stringMatching(
        /^ {2}line 10: registry\.mirrors\["docker\.io"\]\[0\]: mirror "localhost:5000" is a loopback address/,
      ),
      'wasmgate would start with this configuration, and warn.',
      '',
    ]);
  });

  test('are reported together with all other problems, of types, values and files', async () => {
    const { stderr } = await check(
      `${HEAD}policy: {mode: adit, skipImages: ["nginx:1"], systemNamespaces: [7, A]}
registry:
  allowAddresses: [5, 10.0.0.0/33]
  mirrors: {docker.io: ["http://a b", "http://localhost"], "*.test": [https://mirror.test]}
  plainHttp: [a/b, "*.internal"]
  registriesFile: "@/registries.yaml"
server: {host: "0.0.0.0:1", port: x}
`,
      { files: { 'registries.yaml': '[' } },
    );
    const places = [...stderr.matchAll(/^ {2}line \d+: (\S+): /gm)].map(([, place]) => place);
    expect(new Set(places)).toEqual(
      new Set([
        'policy.mode',
        'policy.skipImages[0]',
        'policy.systemNamespaces[0]',
        'policy.systemNamespaces[1]',
        'registry.allowAddresses[0]',
        'registry.allowAddresses[1]',
        'registry.mirrors["*.test"]',
        'registry.mirrors["docker.io"][0]',
        'registry.plainHttp[0]',
        'registry.plainHttp[1]',
        'registry.registriesFile',
        'server.host',
        'server.port',
      ]),
    );
    expect(stderr).toContain(': 13 problems\n');
  });

  test('that work otherwise than they look get a note', async () => {
    const { exitCode, stdout } = await check(`${HEAD}policy: {skipImages: [ghcr.io]}
registry: {mirrors: {docker.io: ["mirror.test:5000"]}}
`);
    expect([exitCode, stdout]).toEqual([
      0,
      'a.yaml: no problems\n' +
        '  note: line 3: policy.skipImages[0]: "ghcr.io" matches only the repository of that name on Docker Hub. For all images of a registry, write "ghcr.io/*".\n' +
        '  note: line 4: registry.mirrors["docker.io"][0]: "mirror.test:5000" has no scheme, so wasmgate uses https. Write "https://mirror.test:5000", or http:// for plain HTTP.\n',
    ]);
  });

  test('do not keep serve from starting, and are logged once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wasmgate-vain-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const config = join(folder, 'a.yaml');
    await writeFile(config, `${HEAD}policy: {skipImages: ["nginx:latest"]}\nlog: {format: json}\n`);
    const { heard } = await serveWithoutCluster(folder, ['--config', config]);
    expect(await heard('a setting can never work')).toMatchObject({
      level: 'warn',
      file: config,
      problem: expect.stringMatching(
        /^line 3: policy\.skipImages\[0\]: "nginx:latest" can never match/,
      ) as string,
    });
  });
});

describe('malformed files', () => {
  test.for([
    {
      name: 'a binary file',
      content: Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe]),
      says: 'it is not UTF-8 text',
    },
    {
      name: 'what PowerShell writes',
      content: Buffer.from(`\uFEFF${HEAD}`, 'utf16le'),
      says: 'it is not UTF-8 text',
    },
    {
      name: 'a file of 2 MiB',
      content: '#'.repeat(2 * 1024 * 1024),
      says: 'it is larger than 1048576 bytes',
    },
    { name: 'a line of 1 MB', content: 'a'.repeat(1_000_000), says: 'the file: found "aaaa' },
    {
      name: 'tabs',
      content: `${HEAD}policy:\n\tmode: audit\n`,
      says: 'line 4, column 1: Tabs are not allowed',
    },
    {
      name: 'two documents',
      content: `${HEAD}---\n${HEAD}`,
      says: 'line 3, column 1: A second document starts here',
    },
    {
      name: 'an alias of itself',
      content: `${HEAD}policy: &a\n  skipImages: [*a]\n`,
      says: 'line 4, column 16: Alias "*a" is part of what it refers to',
    },
    {
      name: 'a list for a key',
      content: `${HEAD}? [a]\n: x\n`,
      says: 'line 3, column 3: A key must be text',
    },
    {
      name: 'an alias of a map for a key',
      content: `${HEAD}policy: &a {}\n*a : x\n`,
      says: 'line 4, column 1: A key must be text',
    },
    {
      name: 'many syntax errors',
      content: 'a: 1\n'.repeat(101),
      says: ': 100 problems\n  line 2, column 1: Map keys must be unique\n',
    },
    {
      name: 'a ConfigMap',
      content: 'apiVersion: v1\nkind: ConfigMap\ndata:\n  my.yaml: "kind: Configuration"\n',
      says: `under its key "my.yaml". Use that: yq -r '.data["my.yaml"]' FILE | wasmgate config check -\n`,
    },
    {
      name: 'another object',
      content: 'apiVersion: apps/v1\nkind: Deployment\nspec: {}\n',
      says: ': 1 problem\n  the file: found kind "Deployment" of "apps/v1", takes kind Configuration',
    },
  ])('$name', async ({ content, says }) => {
    await using files = await writeFiles({});
    await writeFile(files.at('a.yaml'), content);
    const { exitCode, stdout, stderr } = await runWasmgate(['config', 'check', files.at('a.yaml')]);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
    expect(stderr.length).toBeLessThan(4000);
  });

  test.for([
    { name: 'nothing', content: '' },
    { name: 'JSON', content: '{"apiVersion": "wasmgate.dev/v1alpha1", "kind": "Configuration"}' },
    {
      name: 'a byte order mark and lines as Windows has them',
      content: `\uFEFF${HEAD}`.replaceAll('\n', '\r\n'),
    },
    {
      name: 'anchors for what is said twice',
      content: `${HEAD}registry: {plainHttp: &a [b], allowAddresses: *a}`,
    },
  ])('$name is well-formed', async ({ content }) => {
    const { exitCode, stdout, stderr } = await check(content);
    expect([exitCode, stdout + stderr]).toEqual(
      content.includes('&a')
        ? [2, expect.stringContaining('neither an address')]
        : [0, 'a.yaml: no problems\n'],
    );
  });
});

test('all files are checked, even if the first is invalid', async () => {
  await using files = await writeFiles({ 'a.yaml': 'a: 1', 'b.yaml': HEAD, 'c.yaml': '[' });
  const paths = ['a', 'none', 'b', 'c'].map((name) => files.at(`${name}.yaml`));
  const { exitCode, stdout, stderr } = await runWasmgate(['config', 'check', ...paths]);
  expect([exitCode, stdout]).toEqual([2, `${files.at('b.yaml')}: no problems\n`]);
  expect(stderr.split('\n').filter((line) => line.includes('Cannot'))).toEqual([
    `wasmgate: Cannot use configuration "${files.at('a.yaml')}": 3 problems`,
    `Cannot read configuration "${files.at('none.yaml')}": there is no such file or folder`,
    expect.stringContaining(`Cannot use configuration "${files.at('c.yaml')}": `),
  ]);
});

test('the defaults of every scenario pass the check when piped into it', async () => {
  const program = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
  const { stdout: defaults } = await runWasmgate(['config', 'defaults', 'edge']);
  const checked = spawn(process.execPath, [program, 'config', 'check', '-']);
  checked.stdin.end(defaults);
  expect([await text(checked.stdout), await text(checked.stderr)]).toEqual([
    'standard input: no problems\n',
    '',
  ]);
});

test.for([
  { argv: ['check'], says: 'name the file to check' },
  { argv: ['chek', 'a'], says: 'Did you mean "check"?' },
  { argv: [], says: 'it takes one of schema, defaults, check' },
  { argv: ['check', '--stric', 'a'], says: 'Did you mean "--strict"?' },
  { argv: ['schema', '--strict'], says: 'flag --strict belongs to config check' },
  { argv: ['schema', 'x'], says: 'config schema takes no more arguments, found "x"' },
  { argv: ['defaults', 'egde'], says: 'Did you mean "edge"?' },
  { argv: ['check', '--strict=yes', 'a'], says: 'flag --strict takes no value' },
])('config $argv is wrong usage', async ({ argv, says }) => {
  const { exitCode, stdout, stderr } = await runWasmgate(['config', ...argv]);
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toContain(says);
});
