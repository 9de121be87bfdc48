import { randomUUID } from 'node:crypto';
import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Texts of a Secret by key. */
export type SecretTexts = Readonly<Record<string, string>>;

/**
 * Writes a Secret into a folder as the kubelet does (pkg/volume/util/atomic_writer.go): the files are links through `..data`, a link to
 * a folder of their own that one rename replaces. The old folder is then removed.
 */
export async function mountSecret(folder: string, texts: SecretTexts): Promise<void> {
  const version = `..${randomUUID()}`;
  const data = join(folder, '..data');
  await mkdir(join(folder, version), { recursive: true });
  for (const [key, text] of Object.entries(texts)) await writeFile(join(folder, version, key), text);
  const before = await readlink(data).catch(() => null);
  await symlink(version, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), data);
  for (const key of Object.keys(texts)) await symlink(join('..data', key), join(folder, key)).catch(() => {});
  if (before !== null) await rm(join(folder, before), { recursive: true });
}
