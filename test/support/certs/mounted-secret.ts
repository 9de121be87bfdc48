import { randomUUID } from 'node:crypto';
import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Texts by key; a ConfigMap's or Secret's volume may place a key at a path. */
export type SecretTexts = Readonly<Record<string, string>>;

/**
 * Writes a Secret or ConfigMap into a folder as the kubelet does (pkg/volume/util/atomic_writer.go): the files are links through `..data`, a link to
 * a folder of their own that one rename replaces. The old folder is then removed.
 */
export async function mountSecret(folder: string, texts: SecretTexts): Promise<void> {
  const version = `..${randomUUID()}`;
  const data = join(folder, '..data');
  await mkdir(join(folder, version), { recursive: true });
  for (const [path, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, version, path)), { recursive: true });
    await writeFile(join(folder, version, path), text);
  }
  const before = await readlink(data).catch(() => null);
  await symlink(version, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), data);
  const names = new Set(Object.keys(texts).map((path) => path.split('/', 1)[0] ?? ''));
  for (const name of names) await symlink(join('..data', name), join(folder, name)).catch(() => {});
  if (before !== null) await rm(join(folder, before), { recursive: true });
}
