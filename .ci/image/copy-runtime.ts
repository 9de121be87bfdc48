// node copy-runtime.ts BASE IMAGE [ARCHITECTURE]: copies Node, the libraries that it is linked with, their licenses, and what scanners
// read of their packages, from one root file system to another. It runs nothing of BASE, which may be of another architecture.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { argv } from 'node:process';
import { linkedLibraries } from './linked-libraries.ts';

const [base = '', image = '', wanted] = argv.slice(2);
const libraries = copyWithLibraries('/usr/local/bin/node');
copyIfThere('/etc/os-release', '/etc/os-release');
copyIfThere('/usr/local/LICENSE', '/usr/share/doc/nodejs/copyright');
for (const owner of packagesOf(libraries)) {
  mkdirSync(join(image, 'var/lib/dpkg/status.d'), { recursive: true });
  writeFileSync(join(image, 'var/lib/dpkg/status.d', owner.name), `${owner.paragraph}\n`);
  copyIfThere(`/usr/share/doc/${owner.name}/copyright`, `/usr/share/doc/${owner.name}/copyright`);
}

/** Copies a program and every library that it needs; returns the libraries' real paths. */
function copyWithLibraries(program: string): readonly string[] {
  const copied = new Set<string>();
  const pending = [program];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (copied.has(path)) continue;
    copied.add(path);
    const linked = linkedLibraries(readFileSync(copy(path, path)));
    if (wanted !== undefined && linked.architecture !== wanted) {
      throw new Error(`The base's ${path} is for ${linked.architecture}, not for ${wanted}`);
    }
    // The loader's own name is among those that libraries need.
    const others = linked.needed.filter((name) => !name.startsWith('ld-linux'));
    pending.push(...(linked.interpreter === null ? [] : [linked.interpreter]), ...others.map(findLibrary));
  }
  return [...copied].filter((path) => path !== program).map((path) => resolve(path));
}

/** Finds a library where the dynamic loader of Debian and its kin looks for it. */
function findLibrary(name: string): string {
  const folders = ['/lib', '/usr/lib'].flatMap((folder) => [
    ...readdirSync(join(base, folder))
      .filter((entry) => entry.endsWith('-linux-gnu'))
      .map((entry) => posix.join(folder, entry)),
    folder,
    `${folder}64`,
  ]);
  const found = folders
    .map((folder) => posix.join(folder, name))
    .find((path) => existsSync(join(base, resolve(path))));
  if (found === undefined) throw new Error(`Cannot find ${name} in ${base}`);
  return found;
}

/** Follows symbolic links within the base: an absolute target belongs to it, too. */
function resolve(path: string): string {
  let resolved = '/';
  for (const name of path.split('/')) {
    const next = posix.join(resolved, name);
    const target = readLink(join(base, next));
    resolved = target === null ? next : resolve(posix.resolve(resolved, target));
  }
  return resolved;
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function copy(from: string, to: string): string {
  const target = join(image, to);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(base, resolve(from)), target);
  return target;
}

function copyIfThere(from: string, to: string): void {
  if (existsSync(join(base, resolve(from)))) copy(from, to);
}

interface Package {
  readonly name: string;
  readonly paragraph: string;
}

/** The packages that own these files by the base's dpkg database; none if it has no such database. */
function packagesOf(paths: readonly string[]): readonly Package[] {
  const database = join(base, 'var/lib/dpkg');
  if (!existsSync(join(database, 'status'))) return [];
  // In merged /usr, a package may list /lib/x for what is /usr/lib/x.
  const names = new Set(paths.flatMap((path) => [path, path.replace(/^\/usr/, '')]));
  const owners = readdirSync(join(database, 'info'))
    .filter((file) => file.endsWith('.list'))
    .filter((file) =>
      readFileSync(join(database, 'info', file), 'utf8')
        .split('\n')
        .some((line) => names.has(line)),
    )
    .map((file) => file.replace(/\.list$/, '').split(':'));
  const paragraphs = readFileSync(join(database, 'status'), 'utf8').trim().split(/\n\n+/);
  return owners.map(([name = '', architecture]) => {
    const paragraph = paragraphs.find(
      (text) =>
        text.startsWith(`Package: ${name}\n`) &&
        (architecture === undefined || text.includes(`\nArchitecture: ${architecture}\n`)),
    );
    if (paragraph === undefined) throw new Error(`Cannot find package ${name} in ${database}/status`);
    return { name, paragraph };
  });
}
