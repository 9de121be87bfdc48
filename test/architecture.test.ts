import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { faultOf, findCycle } from './support/source/import-rules.ts';
import { importsOf, loadedWith, readImports, sourceFiles } from './support/source/source-imports.ts';
import { unusedExports } from './support/source/unused-exports.ts';

const ROOT = join(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');
const imports = readImports(SRC);

describe('imports', () => {
  test('run one way', () => {
    expect(imports.flatMap((found) => faultOf(found) ?? [])).toEqual([]);
  });

  test('have no cycles, types included', () => {
    expect(findCycle(imports)).toBeNull();
  });

  test('are found', () => {
    expect(imports.length).toBeGreaterThan(100);
  });
});

describe('the rules reject', () => {
  test.each([
    [
      'a file system in a pure room',
      'policy/evaluate.ts',
      "import { readFile } from 'node:fs/promises';",
      'is pure',
    ],
    ['a package in a pure room', 'detect/x.ts', "import { LRUCache } from 'lru-cache';", 'is pure'],
    [
      'an edge that imports another',
      'registry/client.ts',
      "import { createCluster } from '../kubernetes/cluster.ts';",
      'may not import',
    ],
    [
      'an edge that imports code of the policy',
      'kubernetes/x.ts',
      "import { evaluate } from '../policy/evaluate.ts';",
      'except for its types',
    ],
    [
      'a use case that imports an edge',
      'assess/assess-pod.ts',
      "import { createCluster } from '../kubernetes/cluster.ts';",
      'may not import',
    ],
    [
      'files in a pure room',
      'policy/x.ts',
      "import { readText } from '../files/read-text.ts';",
      'which reads files',
    ],
    [
      'a cache in a pure room',
      'credentials/x.ts',
      "import { createSingleFlightCache } from '../lib/single-flight.ts';",
      'which keeps state',
    ],
    [
      'a dynamic import of an edge',
      'assess/x.ts',
      "const late = await import('../registry/client.ts');",
      'may not import',
    ],
    [
      'the server that imports an edge',
      'server/app.ts',
      "import { createLogger } from '../telemetry/log.ts';",
      'may not import',
    ],
    [
      'main that imports more than wire and cli',
      'main.ts',
      "import { createApp } from './server/app.ts';",
      'may not import',
    ],
    [
      'a command that imports the composition root',
      'cli/run.ts',
      "import { configurations } from '../wire/settings.ts';",
      'may not import',
    ],
    [
      'another file in the root',
      'other.ts',
      "import { a } from './image/reference.ts';",
      'only main.ts and bin.js',
    ],
    ['a room without a rule', 'utils/x.ts', "import { a } from '../image/reference.ts';", 'has no rule'],
  ])('%s', (_case, file, source, fault) => {
    expect(importsOf(file, source).map(faultOf)).toEqual([expect.stringContaining(fault)]);
  });

  test('types of a port are allowed', () => {
    const source =
      "import type { RegistryPort } from '../images/ports.ts';\nimport { type Mode } from '../policy/mode.ts';";
    expect(importsOf('registry/client.ts', source).map(faultOf)).toEqual([null, null]);
  });

  test.each(['import', 'import type'])('a cycle of three by %s', (statement) => {
    const chain = ['a', 'b', 'c'].map((name, index, all) =>
      importsOf(`image/${name}.ts`, `${statement} { x } from './${all[(index + 1) % 3] ?? ''}.ts';`),
    );
    expect(findCycle(chain.flat())).toEqual(['image/a.ts', 'image/b.ts', 'image/c.ts', 'image/a.ts']);
  });
});

describe('what is loaded', () => {
  test('help loads no server', () => {
    const loaded = loadedWith('main.ts', imports);
    expect(loaded).toContain('cli/help.ts');
    expect([...loaded].filter((name) => /^(?:fastify|undici|pino|wire\/serve\.ts)/.test(name))).toEqual([]);
  });

  test('a webhook in a cluster loads neither other commands nor the kubeconfig reader', () => {
    const loaded = new Set(['main.ts', 'wire/serve.ts'].flatMap((file) => [...loadedWith(file, imports)]));
    expect(loaded).toContain('server/app.ts');
    const others =
      /^(?:audit\/(?!reported-item|policy-reports\/report-apis)|cli\/\w+\/(?:write|render|complete-)|cli\/\w+\/run-|kubernetes\/kubeconfig|wire\/wire-(?!commands)|keychain\/keychain|@kubernetes|selfsigned|smol-toml|fast-json-patch|diff$)/;
    expect([...loaded].filter((name) => others.test(name))).toEqual([]);
  });

  test("a webhook does not load Node's fetch, which an import of node:http does", () => {
    const loaded = loadedWith('wire/serve.ts', imports);
    expect(loaded).toContain('server/metrics-server.ts');
    expect(loaded).not.toContain('node:http');
  });
});

describe('exports', () => {
  test('every export is imported somewhere', () => {
    const files = ['src', 'test'].flatMap((folder) =>
      sourceFiles(join(ROOT, folder)).map((file) => `${folder}/${file}`),
    );
    const texts = files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')] as const);
    expect(unusedExports(new Map(texts))).toEqual([]);
  });

  test('an unused export is reported, one that is imported in any way is not', () => {
    const files = new Map([
      [
        'src/a/a.ts',
        ['used', 'renamed', 'late', 'atOnce', 'unused'].map((name) => `export const ${name} = 1;`).join('\n'),
      ],
      ['src/b.ts', "import { used, renamed as b, type C } from './a/a.ts';"],
      [
        'test/c.ts',
        "const { late } = await import('../src/a/a.ts');\n(await import('../src/a/a.ts')).atOnce;",
      ],
    ]);
    expect(unusedExports(files)).toEqual(['src/a/a.ts unused']);
  });
});

describe('files', () => {
  const files = sourceFiles(SRC);

  test('in the root are main.ts, bin.js and documents', () => {
    const found = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isFile());
    const names = found.map(({ name }) => name).filter((name) => !name.endsWith('.md'));
    expect(names.toSorted()).toEqual(['bin.js', 'main.ts']);
  });

  test('of lib have a test each, unless they define types only', () => {
    const tests = readdirSync(join(ROOT, 'test', 'lib'));
    const untested = files.filter(
      (file) =>
        file.startsWith('lib/') &&
        /^export (?!interface|type)/m.test(readFileSync(join(SRC, file), 'utf8')) &&
        !tests.includes(file.replace(/^lib\/(.*)\.ts$/, '$1.test.ts')),
    );
    expect(untested).toEqual([]);
  });

  test('no file is longer than 300 lines', () => {
    const long = files.filter((file) => readFileSync(join(SRC, file), 'utf8').split('\n').length > 300);
    expect(long).toEqual([]);
  });

  test('file names are kebab-case and specific', () => {
    expect(files.filter((file) => !/^(?:[a-z0-9-]+\/)*[a-z0-9-]+(?:\.d)?\.ts$/.test(file))).toEqual([]);
    expect(files.filter((file) => /(?:^|\/)(?:utils?|helpers?|common|misc)\b/.test(file))).toEqual([]);
  });

  test('pure folders use neither clock nor random numbers', () => {
    const pure = files.filter((file) => /^(?:image|detect|pod|policy|admission|credentials)\//.test(file));
    const world = /\b(?:Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|process\.|fetch\()/;
    expect(pure.filter((file) => world.test(readFileSync(join(SRC, file), 'utf8')))).toEqual([]);
  });
});
