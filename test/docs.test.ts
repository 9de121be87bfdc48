import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob } from 'node:path';
import { describe, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { CERTIFICATE_TIMES } from '../src/certs/certificate-times.ts';
import { FLAGS } from '../src/cli/inspect/inspect.ts';
import { createConfigurationReader } from '../src/config/configuration-reader.ts';
import { PEEK_LIMITS } from '../src/images/peek-image.ts';
import { explanations } from '../src/policy/checks/index.ts';
import { actionOf } from '../src/policy/rate-findings.ts';
import { policySettings } from '../src/policy/settings.ts';
import { configurations } from '../src/wire/settings.ts';
import { createWebhookMetrics } from '../src/wire/webhook-metrics.ts';
import { run } from './support/lib/processes.ts';
import { certificateFor } from './support/server/certificates.ts';
import { sourceFiles } from './support/source/source-imports.ts';

const ROOT = join(import.meta.dirname, '..');
const DOCUMENTS = ['README.md', 'manifests/README.md', 'certs/README.md'];

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function all(text: string, pattern: RegExp): readonly string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, found = '']) => found))];
}

function wasmgate(...args: readonly string[]) {
  return run(process.execPath, [join(ROOT, 'src', 'main.ts'), ...args], {
    env: { PATH: process.env['PATH'] },
  });
}

/** Code blocks of a language, without their fences. */
function blocks(text: string, language: string): readonly string[] {
  return all(text, new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'));
}

const README = read('README.md');
const SCRIPTS = new Set([...Object.keys(packageJson.scripts), 'ci']);
const KEYS = new Set(configurations.keys().map(({ path }) => path));

function isKey(name: string): boolean {
  return KEYS.has(name) || [...KEYS].some((key) => key.startsWith(`${name}.`));
}

/** As GitHub makes them of headings. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

/** Findings in backticks. */
function idsOf(text: string): readonly string[] {
  return all(text, /`([a-z]+(?:-[a-z]+)+)`/g);
}

describe.each(DOCUMENTS)('%s', (file) => {
  const text = read(file);

  test('the npm scripts that it names exist', () => {
    const named = [...all(text, /\bnpm run ([\w:-]+)/g), ...all(text, /\bnpm (ci|test)\b/g)];
    expect(named.filter((name) => !SCRIPTS.has(name))).toEqual([]);
  });

  test('the files that it links and the folders that it names exist', () => {
    const links = all(text, /\]\(([^)#:]+)(?:#[^)]*)?\)/g).map((link) => join(dirname(file), link));
    const named = all(text, /`((?:manifests|src|test|certs)\/[\w./-]+)`/g);
    expect([...links, ...named].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('the headings that it links exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:]*)#([^)]*)\)/g)];
    const dead = links.filter(([, to = '', anchor = '']) => {
      const target = to === '' ? text : read(join(dirname(file), to));
      return !all(target, /^#+ (.*)$/gm)
        .map(anchorOf)
        .includes(anchor);
    });
    expect(dead.map(([link]) => link)).toEqual([]);
  });

  test('the manifests that its commands apply exist', () => {
    const applied = blocks(text, 'sh').flatMap((block) => all(block, /(?<![\w./-])(manifests\/[\w./-]+)/g));
    expect(applied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('it names the image of the manifests, in the current version', () => {
    const image = `ghcr.io/wasmgate/wasmgate:${packageJson.version}`;
    expect(read('manifests/base/deployment.yaml')).toContain(`image: ${image}\n`);
    const named = all(text, /\b([\w.]+\/(?:wasmgate\/)?wasmgate:[\w.]+)/g);
    const own = image.replace('ghcr.io/wasmgate', 'registry.example.com');
    expect(named.filter((name) => name !== image && name !== own)).toEqual([]);
  });

  test('the configuration keys that it names exist', () => {
    // `registry.example.com` is a host.
    const named = all(text, /`((?:policy|registry(?!\.example\.)|server|log)\.[\w.]+)(?:: [^`]*)?`/g);
    expect(named.filter((name) => !isKey(name))).toEqual([]);
  });

  test('serve accepts the configurations that it shows', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wasmgate-docs-'));
    const { cert } = await certificateFor();
    try {
      const shown = blocks(text, 'yaml').filter((block) => /^kind: Configuration$/m.test(block));
      for (const block of shown) {
        const named = all(block, /\/etc\/wasmgate\/([\w.-]+)/g);
        for (const name of named) await writeFile(join(folder, name), cert);
        await writeFile(join(folder, 'c.yaml'), block.replaceAll('/etc/wasmgate', folder));
        // Read before the cluster is looked for: code 1 says that only a cluster was missing, 2 that the file is wrong.
        const { code, stderr } = await wasmgate('serve', '--config', join(folder, 'c.yaml'));
        expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('API server') });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('the commands of wasmgate that it names exist, with their flags', async () => {
    const calls = all(
      text,
      /\bwasmgate ((?:serve|review|audit|inspect|explain|config|certs|demo|version)\b[^`#\n]*)/g,
    );
    const byCommand = Map.groupBy(calls, (call) => call.split(' ', 1)[0] ?? '');
    for (const [command, called] of byCommand) {
      const { code, stdout } = await wasmgate(command, '--help');
      expect(code).toBe(0);
      for (const flag of all(called.join('\n'), /(--[a-z-]+)/g)) expect(stdout).toContain(flag);
    }
  });
});

test.each(['manifests/README.md', 'certs/README.md'])('the package contains what %s links', (file) => {
  // npm packs the README whatever `files` says.
  const isPacked = (path: string): boolean =>
    path === 'README.md' ||
    packageJson.files.some((pattern) => path.startsWith(`${pattern}/`) || matchesGlob(path, pattern));
  const linked = all(read(file), /\]\(([^)#:]+)(?:#[^)]*)?\)/g).map((link) => join(dirname(file), link));
  expect([file, ...linked].filter((path) => !isPacked(path))).toEqual([]);
});

describe('README.md', () => {
  test('it opens with the two commands and nothing else to type', () => {
    const [opening = ''] = README.split('\n## ');
    expect(all(opening, /^ {4}(.*)$/gm)).toEqual(['npm ci && npm run demo', 'npm ci && npm test']);
  });

  test('its excerpt of the demo is what the demo prints, with lines left out', async () => {
    const [excerpt = ''] = blocks(README.slice(README.indexOf('<!-- demo -->')), 'text');
    const { stdout } = await wasmgate('demo');
    const printed = stdout.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:5000').split('\n');
    let from = 0;
    for (const line of excerpt.trimEnd().split('\n')) {
      const found = printed.indexOf(line, from);
      expect({ line, isPrinted: found >= from }).toEqual({ line, isPrinted: true });
      from = found + 1;
    }
    expect(from).toBeGreaterThan(0);
  });

  const { policy } = createConfigurationReader({ policy: policySettings }).defaults();
  const rows = README.split('\n').filter((line) => line.startsWith('| `'));
  const paragraph = README.split('\n\n').find((part) => part.startsWith('It warns')) ?? '';

  test('it lists every finding that denies a Pod, and no other', () => {
    const refusing = explanations.map(({ id }) => id).filter((id) => actionOf(id, policy) === 'deny');
    const listed = rows.flatMap((row) => idsOf(row.split(' | ')[0] ?? ''));
    expect(listed.toSorted()).toEqual(refusing.toSorted());
  });

  test('the findings that it lists as warnings warn', () => {
    const warning = new Set<string>(
      explanations.map(({ id }) => id).filter((id) => actionOf(id, policy) === 'warn'),
    );
    const named = idsOf(paragraph);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((id) => !warning.has(id))).toEqual([]);
  });
});

describe.each(['src/README.md', 'src/DECISIONS.md'])('%s', (file) => {
  const text = read(file);

  test('the files that it names exist', () => {
    const named = all(text, /`((?:[\w-]+\/)+[\w-]*(?:\.[\w.]+)?)`/g);
    const roots = ['src', '.'];
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((path) => !roots.some((root) => existsSync(join(ROOT, root, path))))).toEqual([]);
  });

  test('the files that it links and the npm scripts that it names exist', () => {
    const links = all(text, /\]\(([^)#:]+)\)/g).map((link) => join(dirname(file), link));
    expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(all(text, /\bnpm run ([\w:-]+)/g).filter((name) => !SCRIPTS.has(name))).toEqual([]);
  });
});

test('src/README.md has a line for every folder of src, and explains at most twenty words', () => {
  const text = read('src/README.md');
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|')[1] ?? '');
  expect(
    folders.map(({ name }) => name).filter((name) => !rows.some((row) => row.includes(`\`${name}\``))),
  ).toEqual([]);
  const glossary = text.slice(text.indexOf('| word |')).split('\n').slice(2);
  expect(
    glossary.flatMap((line) => (line.split('|')[1] ?? '').split(',')).filter(Boolean).length,
  ).toBeLessThanOrEqual(20);
});

test('the contents of manifests/README.md list its sections in their order', () => {
  const [opening = '', ...sections] = read('manifests/README.md').split(/^(?=## )/m);
  const headings = all(sections.join(''), /^###? (.*)$/gm).map(anchorOf);
  const contents = opening.slice(opening.indexOf('| contents |\n|---|---|\n| install'));
  expect(all(contents, /\]\(#([^)]*)\)/g)).toEqual(headings);
});

test('the log messages that manifests/README.md quotes exist in the code', () => {
  const source = sourceFiles(join(ROOT, 'src')).map((file) => read(join('src', file)));
  const passages = all(read('manifests/README.md'), /\b(?:log:|log says|logs) (`[^.;|]+)/g);
  const quoted = passages.flatMap((passage) => all(passage, /`([^`]+)`/g));
  // An error of the Kubernetes client is composed: "Cannot ", the verb, and the resource.
  const parts = quoted.map((text) => text.replace(/^Cannot (\w+) …$/, '`$1 ${'));
  expect(parts.length).toBeGreaterThan(5);
  expect(parts.filter((part) => !source.some((text) => text.includes(part)))).toEqual([]);
});

describe('the metrics of manifests/README.md', () => {
  const [, section = ''] = /\n## Metrics\n([\s\S]*?)\n## /.exec(read('manifests/README.md')) ?? [];
  const metrics = createWebhookMetrics(
    '0',
    { states: () => never() },
    new AbortController().signal,
  ).describe();
  const named = (text: string) => all(text, /\b((?:wasmgate|process|nodejs)_[a-z_]+)\b/g);

  test('lists exactly the metrics that exist, with their labels', () => {
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    const described = rows.flatMap((row) => {
      const [, names = '', labels = ''] = row.split('|');
      return named(names).map((name) => `${name} ${labels.trim()}`.trim());
    });
    const there = metrics.map(({ name, labels }) => `${name} ${Object.keys(labels).join(', ')}`.trim());
    expect(described.toSorted()).toEqual(there.toSorted());
  });
});

describe('numbers in texts equal those of the code', () => {
  test.each([
    [
      'how much of an image the webhook reads',
      configurations.keys().find(({ path }) => path === 'policy.peek')?.description,
    ],
    ['how much of an image inspect reads', FLAGS.find(({ name }) => name === 'no-peek')?.description],
  ])('%s', (_case, text) => {
    expect(text).toContain(` ${PEEK_LIMITS.maxBytes / 1024} KiB`);
  });

  test('how long certificates are valid and how often they are checked', () => {
    const { servingMilliseconds, authorityMilliseconds, checkMilliseconds, overlapMilliseconds } =
      CERTIFICATE_TIMES;
    const day = 24 * 60 * 60 * 1000;
    const certs = read('certs/README.md');
    expect(certs).toContain(`| serving certificate | ${servingMilliseconds / day} days |`);
    expect(certs).toContain(`| CA | ${authorityMilliseconds / day / 365} years |`);
    expect(certs).toContain(`Every ${checkMilliseconds / 1000} seconds`);
    expect({ overlapMilliseconds }).toEqual({ overlapMilliseconds: 10 * 60_000 });
    expect(certs).toContain('at each check for ten minutes');
    const manual = read('manifests/README.md');
    expect(manual).toContain(`for ${servingMilliseconds / day} days that it renews`);
    expect(manual).toContain(`Every ${checkMilliseconds / 1000} seconds`);
  });
});

function never(): never {
  throw new Error('nothing is read here');
}
