import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { faultOf, findCycle } from './support/source/import-rules.ts';
import { importsOf, loadedWith, readImports, sourceFiles } from './support/source/source-imports.ts';
import { unusedExports } from './support/source/unused-exports.ts';

const ROOT = join(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');
const imports = readImports(SRC);

describe('the architecture', () => {
  test('imports run one way', () => {
    expect(imports.flatMap((found) => faultOf(found) ?? [])).toEqual([]);
  });

  test('no file imports itself through others', () => {
    expect(findCycle(imports)).toBeNull();
  });

  test('there are files to check', () => {
    expect(imports.length).toBeGreaterThan(100);
  });
});

describe('the rules detect violations', () => {
  test.each([
    [
      'a pure room with a file system',
      'policy/evaluate.ts',
      "import { readFile } from 'node:fs/promises';",
      'is pure',
    ],
    ['a pure room with a package', 'detect/x.ts', "import { LRUCache } from 'lru-cache';", 'is pure'],
    [
      'an edge with another edge',
      'registry/client.ts',
      "import { createCluster } from '../kubernetes/cluster.ts';",
      'may not import',
    ],
    [
      'an edge with the policy itself',
      'kubernetes/x.ts',
      "import { evaluate } from '../policy/evaluate.ts';",
      'but for its types',
    ],
    [
      'a use case with an edge',
      'assess/assess-pod.ts',
      "import { createCluster } from '../kubernetes/cluster.ts';",
      'may not import',
    ],
    [
      'a pure room with files by a detour',
      'policy/x.ts',
      "import { readText } from '../files/read-text.ts';",
      'which reads files',
    ],
    [
      'a pure room with a memory by a detour',
      'credentials/x.ts',
      "import { createSingleFlightCache } from '../lib/single-flight.ts';",
      'which remembers',
    ],
    ['an edge late', 'assess/x.ts', "const late = await import('../registry/client.ts');", 'may not import'],
    [
      'the server with an edge',
      'server/app.ts',
      "import { createLogger } from '../telemetry/log.ts';",
      'may not import',
    ],
    [
      'main with more than wire and cli',
      'main.ts',
      "import { createApp } from './server/app.ts';",
      'may not import',
    ],
    [
      'a command with the composition root',
      'cli/run.ts',
      "import { configurations } from '../wire/settings.ts';",
      'may not import',
    ],
    ['a room without a rule', 'utils/x.ts', "import { a } from '../image/digest.ts';", 'nobody planned'],
  ])('%s', (_case, file, source, fault) => {
    expect(importsOf(file, source).map(faultOf)).toEqual([expect.stringContaining(fault)]);
  });

  test('types of a port are allowed', () => {
    const source =
      "import type { RegistryPort } from '../images/ports.ts';\nimport { type Mode } from '../policy/mode.ts';";
    expect(importsOf('registry/client.ts', source).map(faultOf)).toEqual([null, null]);
  });

  test('a cycle of three', () => {
    const chain = ['a', 'b', 'c'].map((name, index, all) =>
      importsOf(`image/${name}.ts`, `import { x } from './${all[(index + 1) % 3] ?? ''}.ts';`),
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
      /^(?:cli\/\w+\/run-|wire\/wire-(?!commands)|keychain\/keychain|@kubernetes|selfsigned|smol-toml|fast-json-patch)/;
    expect([...loaded].filter((name) => others.test(name))).toEqual([]);
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
