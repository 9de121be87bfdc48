import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Content, content with a mode, a symbolic link, a hard link, or a file of this many bytes that are mostly holes. */
type Node =
  | Uint8Array
  | string
  | { readonly content: Uint8Array | string; readonly mode: number }
  | { readonly link: string }
  | { readonly same: string }
  | { readonly holes: number };

/** The content of a folder, by relative path. */
export type Tree = Readonly<Record<string, Node>>;

function plantHoles(target: string, size: number): void {
  const file = openSync(target, 'w');
  for (let at = 100_000; at < size; at += 100_000) writeSync(file, 'island', at);
  ftruncateSync(file, size);
  closeSync(file);
}

/** For `describe.skipIf`: BSD's tar has other options. */
export const hasGnuTar =
  spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU tar') ?? false;

function plant(folder: string, tree: Tree): void {
  for (const [path, content] of Object.entries(tree)) {
    const target = join(folder, path);
    mkdirSync(path.endsWith('/') ? target : dirname(target), { recursive: true });
    if (path.endsWith('/')) continue;
    if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(target, content);
    else if ('mode' in content) {
      writeFileSync(target, content.content);
      chmodSync(target, content.mode);
    } else if ('link' in content) symlinkSync(content.link, target);
    else if ('holes' in content) plantHoles(target, content.holes);
    else linkSync(join(folder, content.same), target);
  }
}

/**
 * Creates an archive with the real tar, its entries in the tree's order. The same tree gives the same bytes, so that two images
 * of it share a layer.
 */
export function tarOf(tree: Tree, ...options: readonly string[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'wasmgate-tar-'));
  try {
    plant(folder, tree);
    const paths = Object.keys(tree).map((path) => path.replace(/\/$/, ''));
    const args = [
      '--create',
      '--file=-',
      '--no-recursion',
      '--blocking-factor=1',
      '--mtime=@0',
      ...options,
      `--directory=${folder}`,
    ];
    const made = spawnSync('tar', [...args, '--', ...paths], { maxBuffer: 64 * 1024 * 1024 });
    if (made.status !== 0) throw new Error(`Cannot make an archive: ${made.stderr.toString()}`);
    return made.stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The smallest files of each kind. */
export const MODULE = Buffer.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
export const COMPONENT = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
export const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]);
