import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface FoundBrowser {
  /** Null if there is none; use with `describe.skipIf`. */
  readonly path: string | null;
  /** Use in the title of a skipped suite. */
  readonly note: string;
}

/** Finds Debian's Chromium on the PATH. With WASMGATE_E2E=required its absence is an error. */
export async function findBrowser(env: NodeJS.ProcessEnv = process.env): Promise<FoundBrowser> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'chromium');
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return { path, note: '' };
  }
  const obstacle = 'there is no chromium (Debian: apt-get install chromium)';
  if (env['WASMGATE_E2E'] === 'required') throw new Error(`Cannot test the page in a browser: ${obstacle}`);
  return { path: null, note: ` (skipped: ${obstacle})` };
}
