import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** For `cat` and similar programs. */
const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin';

export interface ScriptPrograms extends AsyncDisposable {
  readonly folder: string;
  readonly binDir: string;
  /** An environment that finds the programs and has nothing else from this process. */
  readonly env: { readonly PATH: string; readonly HOME: string };
  /** Adds a shell script as a program, and records the input of each run. */
  readonly add: (name: string, script: string) => Promise<void>;
  /** Returns the inputs of a program's runs, in order. */
  readonly inputs: (name: string) => Promise<readonly string[]>;
  /** Writes a file beside the programs and returns its path. */
  readonly write: (name: string, content: unknown) => Promise<string>;
}

/** Creates a folder of real programs, for tests of code that runs programs. */
export async function createScriptPrograms(): Promise<ScriptPrograms> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-programs-'));
  const binDir = join(folder, 'bin');
  await mkdir(binDir);
  return {
    folder,
    binDir,
    env: { PATH: `${binDir}:${SYSTEM_PATH}`, HOME: folder },
    add: async (name, script) => {
      const inputs = join(folder, `${name}.inputs`);
      const text = `#!/bin/sh\ninput=$(cat)\nprintf '%s\\n' "$input" >>'${inputs}'\n${script}\n`;
      await writeFile(join(binDir, name), text, { mode: 0o755 });
    },
    inputs: async (name) => {
      const text = await readFile(join(folder, `${name}.inputs`), 'utf8').catch(() => '');
      return text.split('\n').slice(0, -1);
    },
    write: async (name, content) => {
      const path = join(folder, name);
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
      return path;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
