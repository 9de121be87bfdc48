import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../support/lib/processes.ts';

/** Reports whether layers can be joined without a copy in this folder. In a container, that is often denied. */
export async function supportsOverlay(folder: string): Promise<boolean> {
  const probe = join(folder, 'overlay-probe');
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(probe, name));
  for (const path of [lower, upper, work, merged]) await mkdir(path ?? probe, { recursive: true });
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  const mount = ['mount', '-t', 'overlay', 'overlay', '-o', options, merged ?? ''];
  const { code } = await run('unshare', ['--mount', ...mount]);
  await rm(probe, { recursive: true });
  return code === 0;
}
