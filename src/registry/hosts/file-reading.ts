import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, readText, type NamedFile } from '../../files/read-text.ts';
import { errorsIn } from '../../lib/collect-errors.ts';
import type { AppError } from '../../lib/errors.ts';

export interface FileFault {
  /** The setting that names the file, within its section. */
  readonly path: readonly string[];
  readonly error: AppError;
}

/** Reads the files that one setting names, directly or through other files. */
export interface SettingFiles {
  /** @throws AppError with a `FileErrorCode` */
  readonly text: (file: NamedFile) => Promise<string>;
  /** Lists the names in a folder. @throws AppError with a `FileErrorCode` */
  readonly names: (folder: string) => Promise<readonly string[]>;
  /** Lists the folders in a folder, links included. @throws AppError with a `FileErrorCode` */
  readonly folders: (folder: string) => Promise<readonly string[]>;
  /** Returns the work's result; if it fails, records its faults and returns the fallback. */
  readonly attempt: <Result>(work: () => Result | Promise<Result>, fallback: Result) => Promise<Result>;
}

/** One pass over all files that the settings name. */
export interface FileReading {
  readonly of: (...path: readonly string[]) => SettingFiles;
  readonly faults: readonly FileFault[];
  /** Digests of what was read, keyed by path: they show a change and reveal no secret. */
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

/** A dangling link is not a folder. */
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
      attempt: async (work, fallback) => {
        try {
          return await work();
        } catch (error) {
          const found = errorsIn(error);
          if (found === null) throw error;
          faults.push(...found.map((fault) => ({ path, error: fault })));
          return fallback;
        }
      },
    }),
  };
}
