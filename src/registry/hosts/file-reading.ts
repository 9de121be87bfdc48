import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, readText, type NamedFile } from '../../files/read-text.ts';
import { errorsIn } from '../../lib/collect-errors.ts';
import type { AppError } from '../../lib/errors.ts';

export interface FileFault {
  /** The setting that leads there, within its section. */
  readonly path: readonly string[];
  readonly error: AppError;
}

/** Files that one setting leads to. */
export interface SettingFiles {
  /** @throws AppError with a `FileErrorCode` */
  readonly text: (file: NamedFile) => Promise<string>;
  /** The names in a folder. @throws AppError with a `FileErrorCode` */
  readonly names: (folder: string) => Promise<readonly string[]>;
  /** The names of the folders in a folder, by links too. @throws AppError with a `FileErrorCode` */
  readonly folders: (folder: string) => Promise<readonly string[]>;
  /** What the work comes to; its faults are noted down, and something else is taken for it. */
  readonly attempt: <Result>(work: () => Result | Promise<Result>, otherwise: Result) => Promise<Result>;
}

/** One walk through all files that settings name. */
export interface FileReading {
  readonly of: (...path: readonly string[]) => SettingFiles;
  readonly faults: readonly FileFault[];
  /** What was read, by path, as a digest: enough to tell a change, and no secret. */
  readonly seen: ReadonlyMap<string, string>;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (cause) {
    throw fileError({ path: folder }, cause);
  }
}

/** Those that lead nowhere are no folders. */
async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() === true;
}

export function createFileReading(): FileReading {
  const faults: FileFault[] = [];
  const seen = new Map<string, string>();
  const names = async (folder: string): Promise<readonly string[]> => {
    const found = await listFolder(folder);
    seen.set(folder, digestOf(found.join('/')));
    return found;
  };
  const text = async (file: NamedFile): Promise<string> => {
    const found = await readText(file);
    seen.set(file.path, digestOf(found));
    return found;
  };
  const folders = async (folder: string): Promise<readonly string[]> => {
    const all = await names(folder);
    const are = await Promise.all(all.map((name) => isFolder(join(folder, name))));
    return all.filter((_name, index) => are[index]);
  };
  return {
    faults,
    seen,
    of: (...path) => ({
      text,
      names,
      folders,
      attempt: async (work, otherwise) => {
        try {
          return await work();
        } catch (error) {
          const found = errorsIn(error);
          if (found === null) throw error;
          faults.push(...found.map((fault) => ({ path, error: fault })));
          return otherwise;
        }
      },
    }),
  };
}
