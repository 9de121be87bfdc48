#!/usr/bin/env node
// The installed program is the bundle; a checkout runs its sources as they stand, so that no stale build is ever run.
import { existsSync } from 'node:fs';
// As a namespace: an export that an older Node lacks would end it before it could say that it is too old.
import * as nodeModule from 'node:module';

/** As package.json's `engines` has it, which npm only warns about. */
const OLDEST = [22, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `wasmgate needs Node ${OLDEST.join('.')} or newer, this is ${process.versions.node}\n`,
  );
  process.exit(1);
}

nodeModule.enableCompileCache?.();
const sources = new URL('./main.ts', import.meta.url);
await import(existsSync(sources) ? sources.href : new URL('../dist/main.js', import.meta.url).href);
