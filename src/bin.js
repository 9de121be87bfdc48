#!/usr/bin/env node
// The installed program is the bundle; a checkout runs its sources, so that it never runs a stale build.
import { existsSync } from 'node:fs';
// A namespace import: a named one that an older Node lacks would fail before the check of the version.
import * as nodeModule from 'node:module';

/** The version of `engines` in package.json, about which npm only warns. */
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
