#!/usr/bin/env node
// The installed program is the bundle; a checkout runs its sources as they stand, so that no stale build is ever run.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

enableCompileCache?.();
const sources = new URL('./main.ts', import.meta.url);
await import(existsSync(sources) ? sources.href : new URL('../dist/main.js', import.meta.url).href);
