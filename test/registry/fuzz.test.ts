import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { parseCredentialHelpers } from '../../src/credentials/parse-credential-helpers.ts';
import { parseDockerConfig } from '../../src/credentials/parse-docker-config.ts';
import { parseImageConfig } from '../../src/image/image-config.ts';
import { parseManifest } from '../../src/image/manifest.ts';
import { DOCKER_LIST, OCI_INDEX, OCI_MANIFEST } from '../../src/image/media-types.ts';
import { formatReference, parseReference } from '../../src/image/reference.ts';
import { inspectImage } from '../../src/images/inspect-image.ts';
import { errorsIn } from '../../src/lib/collect-errors.ts';
import { AppError } from '../../src/lib/errors.ts';
import type { RegistryClient } from '../../src/registry/client.ts';
import { readProxies } from '../../src/registry/connection/proxies.ts';
import { parseHostsToml } from '../../src/registry/hosts/parse-hosts-toml.ts';
import { parseRegistriesYaml } from '../../src/registry/hosts/parse-registries-yaml.ts';
import { parseRewrite, rewriteRepository } from '../../src/registry/hosts/rewrite-repository.ts';
import { parseChallenges } from '../../src/registry/login/challenge.ts';
import { fc } from '../support/lib/properties.ts';
import { fetchOptions, createTestClient, imageAt } from '../support/registry/registry-client.ts';
import { startServer, type TestServer } from '../support/server/http-server.ts';

/** Returns the result, or null if the input is rejected with an AppError; rethrows any other error. */
function resultOrNull<Result>(work: () => Result): Result | null {
  try {
    return work();
  } catch (error) {
    if (errorsIn(error) !== null) return null;
    throw error;
  }
}

/** Generates almost valid text: the given pieces, mixed with random ones. */
function textOf(...pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...pieces) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  );
  return fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(''));
}

/** Generates documents with the given keys and arbitrary values. */
function documentOf(...keys: readonly string[]): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    fc.constantFrom(
      null,
      true,
      '',
      2,
      -1,
      Number.MAX_VALUE,
      '__proto__',
      OCI_MANIFEST,
      OCI_INDEX,
      `sha256:${'0'.repeat(64)}`,
    ),
    fc.string({ maxLength: 8 }),
    fc.double(),
  );
  const { node } = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys, '__proto__', 'constructor', 'x'), tie('node'), { maxKeys: 6 }),
    ),
  }));
  return node;
}

const manifests = documentOf(
  'schemaVersion',
  'mediaType',
  'config',
  'layers',
  'manifests',
  'digest',
  'size',
  'platform',
  'os',
  'architecture',
  'annotations',
  'artifactType',
  'subject',
);
const configs = documentOf(
  'os',
  'architecture',
  'variant',
  'config',
  'Entrypoint',
  'Cmd',
  'Labels',
  'Env',
  'WorkingDir',
  'rootfs',
  'diff_ids',
  'type',
);
const dockerConfigs = documentOf(
  'auths',
  'auth',
  'username',
  'password',
  'identitytoken',
  'registrytoken',
  'credHelpers',
  'credsStore',
  'r.test',
);
const registriesFiles = documentOf(
  'mirrors',
  'configs',
  'endpoint',
  'rewrite',
  'auth',
  'tls',
  'username',
  'ca_file',
  'cert_file',
  'key_file',
  'insecure_skip_verify',
  '*',
  'docker.io',
  'https://m.test',
);

const FILE = { file: 'hosts.toml', folder: '/certs.d/r.test' };
const RUNS = { numRuns: 1500 };

describe('parsers accept arbitrary input or reject it with a typed error', () => {
  test('references: formatting and parsing an accepted one returns the same', () => {
    const texts = textOf(
      'a',
      'B',
      'r.test',
      ':',
      '/',
      '@',
      'sha256:',
      '0'.repeat(64),
      '[::1]',
      'localhost',
      '5000',
      '..',
      '-',
      '_',
      'docker.io',
      ' ',
    );
    fc.assert(
      fc.property(texts, (text) => {
        const reference = resultOrNull(() => parseReference(text));
        if (reference === null) return;
        expect(parseReference(formatReference(reference))).toEqual(reference);
      }),
      RUNS,
    );
  });

  test('manifests', () => {
    const types = fc.constantFrom('', OCI_MANIFEST, OCI_INDEX, DOCKER_LIST, 'text/html', '__proto__');
    fc.assert(
      fc.property(manifests, types, (document, type) => {
        resultOrNull(() => parseManifest(document, type));
      }),
      RUNS,
    );
  });

  test('image configs', () => {
    fc.assert(
      fc.property(configs, (document) => {
        resultOrNull(() => parseImageConfig(document));
      }),
      RUNS,
    );
  });

  test('challenges: never rejected, with at most one parameter per equal sign', () => {
    const texts = textOf(
      'Bearer',
      'Basic',
      ' ',
      ',',
      '=',
      '"',
      '\\',
      'realm',
      'https://a.test/',
      'service',
      'scope',
      '\t',
      ';',
    );
    fc.assert(
      fc.property(texts, (text) => {
        const found = parseChallenges(text).reduce((sum, { params }) => sum + params.size, 0);
        expect(found).toBeLessThanOrEqual(text.split('=').length - 1);
      }),
      RUNS,
    );
  });

  test('Docker configs, as JSON and as arbitrary text', () => {
    const texts = fc.oneof(
      dockerConfigs.map((document) => JSON.stringify(document)),
      textOf('{', '}', '"auths"', ':', ','),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom('dockerconfigjson', 'dockercfg'), (text, format) => {
        resultOrNull(() => parseDockerConfig(text, { format, source: 'fuzz' }));
        resultOrNull(() => parseCredentialHelpers(text, 'fuzz'));
      }),
      RUNS,
    );
  });

  test('hosts.toml', () => {
    const texts = textOf(
      'server = ',
      '"https://m.test"',
      '[host."https://m.test"]\n',
      '\n',
      'ca = ',
      'client = ',
      '["a", "b"]',
      '[["a"]]',
      'skip_verify = true',
      'override_path = ',
      'capabilities = ',
      '["pull"]',
      '[header]\n',
      'x = "y"',
      '[host]\n',
      '__proto__',
      '1979-05-27',
      '"""',
      '{',
      '}',
      '.',
      '= 1e999',
    );
    fc.assert(
      fc.property(texts, (text) => {
        resultOrNull(() => parseHostsToml(text, FILE));
      }),
      RUNS,
    );
  });

  test('registries.yaml, as documents and as arbitrary text', () => {
    const texts = fc.oneof(
      registriesFiles.map((document) => JSON.stringify(document)),
      textOf(
        'mirrors',
        'configs',
        ':',
        '\n',
        '  ',
        '- ',
        '"*"',
        '&a',
        '*a',
        '!!js/function',
        '{',
        '}',
        '[',
        '|',
        '---',
        '<<',
      ),
    );
    fc.assert(
      fc.property(texts, (text) => {
        resultOrNull(() => parseRegistriesYaml(text, 'registries.yaml'));
      }),
      RUNS,
    );
  });

  test('rewrites: an accepted pattern terminates for any repository', () => {
    const patterns = textOf(
      '^',
      '(',
      ')',
      '.*',
      '.+',
      'a',
      '?',
      '|',
      '[a-z]',
      '\\d',
      '(?:',
      '{2,}',
      '$',
      '/',
      '\\',
    );
    const repositories = fc.integer({ min: 0, max: 255 }).map((length) => 'a'.repeat(length));
    fc.assert(
      fc.property(
        patterns,
        textOf('$1', '${1}', '$$', '$x', 'p/'),
        repositories,
        (pattern, replacement, name) => {
          const rewrite = resultOrNull(() => parseRewrite(pattern, replacement));
          if (rewrite !== null) rewriteRepository(name, [rewrite]);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('proxies: an error never contains the password', () => {
    const texts = textOf(
      'http://',
      'socks5://',
      'u:s3cret@',
      'p',
      ':',
      '3128',
      '%',
      '[',
      ']',
      '/',
      '10.0.0.0/8',
      ',',
      '*',
      '.',
    );
    fc.assert(
      fc.property(texts, texts, (HTTPS_PROXY, NO_PROXY) => {
        try {
          readProxies({ HTTPS_PROXY, NO_PROXY })(new URL('https://[fd00::1]:5000'));
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          expect(String(error)).not.toContain('s3cret');
        }
      }),
      RUNS,
    );
  });
});

describe('arbitrary responses of a registry', () => {
  let server: TestServer;
  let client: RegistryClient;
  let answer: { status: number; headers: Record<string, string>; body: string };

  beforeAll(async () => {
    server = await startServer((_request, response) => {
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    client = createTestClient([server], { limits: { attempts: 1, pauseMs: 0, trialEveryMs: 0 } });
  });

  afterAll(async () => {
    await client.close();
    await server.close();
  });

  test('a lookup succeeds or fails with a typed error', async () => {
    const headers = fc.record(
      {
        'content-type': fc.constantFrom(OCI_MANIFEST, OCI_INDEX, 'text/html'),
        'www-authenticate': fc.constantFrom(
          'Basic',
          'Bearer realm="x"',
          'Bearer realm="https://169.254.169.254/"',
          'a="',
        ),
        'docker-content-digest': fc.constantFrom('sha256:0', `sha256:${'0'.repeat(64)}`),
        location: fc.constantFrom('/', 'http://[', 'https://169.254.169.254', 'javascript:1'),
      },
      { requiredKeys: [] },
    );
    const statuses = fc.constantFrom(200, 200, 200, 200, 206, 301, 307, 400, 401, 403, 404, 416, 500, 502);
    const bodies = manifests.map((document) => JSON.stringify(document) ?? '');
    await fc.assert(
      fc.asyncProperty(statuses, headers, bodies, async (status, given, body) => {
        answer = { status, headers: given, body };
        const question = { reference: imageAt(server, 'a'), architectures: ['amd64'], ...fetchOptions() };
        const error: unknown = await inspectImage(client, question).then(
          () => null,
          (caught: unknown) => caught,
        );
        if (error !== null) expect(error).toBeInstanceOf(AppError);
      }),
      { numRuns: 300 },
    );
  });
});
