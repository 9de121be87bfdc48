// npm runs this in `npm version`, after it has written package.json and before it commits.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { closeUnreleased } from './changelog.ts';
import { writeVersion } from './versions.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CHANGELOG = join(ROOT, 'manifests', 'CHANGELOG.md');

const today = new Date().toISOString().slice(0, 10);
const { version } = packageJson;
writeFileSync(CHANGELOG, closeUnreleased(readFileSync(CHANGELOG, 'utf8'), version, today));
writeVersion(ROOT, version);
