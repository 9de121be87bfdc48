import type { Attack } from './attack.ts';
import { announcedBodies, smallBodies } from './bodies.ts';
import { keptConnections } from './connections.ts';
import { silentDns } from './dns-names.ts';
import { failingRepositories } from './failing-registry.ts';
import { manyClasses, manyNodes } from './large-pods.ts';
import { manyEntries, nulBytes } from './pull-secrets.ts';

/** The baseline: victims without an attack. */
const nothing: Attack = { name: 'none', title: 'no attack', run: () => Promise.resolve() };

export const ATTACKS: readonly Attack[] = [
  nothing,
  nulBytes,
  manyEntries,
  silentDns,
  manyNodes,
  manyClasses,
  failingRepositories,
  announcedBodies,
  smallBodies,
  keptConnections,
];
