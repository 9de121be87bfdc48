import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { PAGES } from './pages.ts';

const ROOT = join(import.meta.dirname, '..', '..');

test.each(PAGES)('%s equals what npm run pages writes', async (path, write) => {
  expect(readFileSync(join(ROOT, path), 'utf8')).toBe(await write());
});

test.each(PAGES)('the links of %s resolve', async (path, write) => {
  const links = [...(await write()).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
  expect(links.filter((link) => !existsSync(join(ROOT, dirname(path), link)))).toEqual([]);
});
