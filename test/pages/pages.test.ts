import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { PAGES } from './pages.ts';

const ROOT = join(import.meta.dirname, '..', '..');

test.each(PAGES)('%s says what the code says; npm run pages writes it', (path, write) => {
  expect(readFileSync(join(ROOT, path), 'utf8')).toBe(write());
});

test.each(PAGES)('the links of %s lead somewhere', (path, write) => {
  const links = [...write().matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
  expect(links.filter((link) => !existsSync(join(ROOT, dirname(path), link)))).toEqual([]);
});
