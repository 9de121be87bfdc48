import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PAGES } from './pages.ts';

const ROOT = join(import.meta.dirname, '..', '..');

// npm run pages
await Promise.all(PAGES.map(async ([path, write]) => writeFile(join(ROOT, path), await write())));
