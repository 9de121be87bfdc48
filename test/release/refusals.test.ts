import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { cloneSources, commitAll, commitSources, runRelease } from '../support/e2e/container-image.ts';
import { must } from '../support/lib/processes.ts';

const { version } = packageJson;

let folder: string;
let sources: string;
let clone: string;
let env: NodeJS.ProcessEnv;
let clones = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-refusals-'));
  sources = await commitSources(folder);
  // A machine with git and npm, and without buildah.
  const programs = join(folder, 'programs');
  await mkdir(programs);
  for (const name of ['git', 'npm', 'tar']) {
    await symlink((await must('sh', ['-c', `command -v ${name}`])).trim(), join(programs, name));
  }
  await symlink(process.execPath, join(programs, 'node'));
  env = { PATH: programs, HOME: folder };
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  clones += 1;
  clone = join(folder, `clone-${clones}`);
  await cloneSources(sources, clone);
});

async function release(...args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await runRelease(clone, args, env);
  return { code, stderr: stderr.trimEnd() };
}

async function change(file: string, edit: (text: string) => string): Promise<void> {
  const path = join(clone, file);
  await writeFile(path, edit(await readFile(path, 'utf8')));
}

test('a wrong flag is reported with the help to read', async () => {
  expect(await release('--outptu', 'out')).toEqual({
    code: 2,
    stderr: 'There is no flag "--outptu". Did you mean "--output"? See: npm run release -- --help',
  });
});

test('changes that are in no commit are listed', async () => {
  await change('src/main.ts', (text) => `${text}\n`);
  await writeFile(join(clone, 'new.txt'), '');
  expect(await release('--output', join(folder, 'out'))).toEqual({
    code: 1,
    stderr: 'Cannot release: the checkout has changes that are in no commit:\n M src/main.ts\n?? new.txt',
  });
});

test('a version that another file does not have is reported with the file', async () => {
  await change('manifests/base/deployment.yaml', (text) => text.replace(`:${version}`, ':0.0.7'));
  await commitAll(clone);
  expect(await release('--output', join(folder, 'out'))).toEqual({
    code: 1,
    stderr: `Cannot release: package.json has version ${version}, but other files differ:\nmanifests/base/deployment.yaml: found 0.0.7 instead of ${version}`,
  });
});

test('a version without a section in the changelog is not released', async () => {
  await change('manifests/CHANGELOG.md', (text) => text.replace(`## [${version}]`, '## [0.0.7]'));
  await commitAll(clone);
  expect(await release('--output', join(folder, 'out'))).toEqual({
    code: 1,
    stderr: `Cannot release: manifests/CHANGELOG.md has no section "## [${version}]" that lists its changes`,
  });
});

test('a folder with files is not written to', async () => {
  expect(await release('--output', folder)).toEqual({
    code: 1,
    stderr: `Cannot release: the folder ${folder} is not empty`,
  });
});

test('a missing tool is named', async () => {
  expect(await release('--output', join(folder, 'out'))).toEqual({
    code: 1,
    stderr: 'Cannot release: there is no buildah: install it (Debian: apt-get install buildah)',
  });
});

test('npm version writes the version everywhere, and closes the section of the changelog', async () => {
  await must('npm', ['version', '12.34.56', '--no-git-tag-version'], { cwd: clone });
  const { stderr } = await release('--output', join(folder, 'out'));
  expect(stderr).toContain('M  manifests/base/deployment.yaml');
  await commitAll(clone);
  expect((await release('--output', join(folder, 'out'))).stderr).toContain('there is no buildah');
  const changelog = await readFile(join(clone, 'manifests', 'CHANGELOG.md'), 'utf8');
  expect(changelog).toMatch(/^## \[Unreleased\]\n\n## \[12\.34\.56\] - \d{4}-\d\d-\d\d$/m);
});
