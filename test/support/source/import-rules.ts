import type { SourceImport } from './source-imports.ts';

/** What a room may import: other rooms, or only their types. */
interface Rule {
  /** Rooms, or single files of them. */
  readonly rooms: readonly string[];
  /** A room, or one file of it. */
  readonly types?: readonly string[];
}

/** Open to every room. */
const LIBRARY = 'lib';

/** Reads files; open to rooms that touch the world. */
const FILES = 'files';

/** Files of `lib` that keep state; closed to pure rooms. */
const STATEFUL: ReadonlySet<string> = new Set(['lib/single-flight.ts']);

const EDGE: Rule = {
  rooms: ['image', 'pod', 'credentials'],
  types: ['policy', 'detect', 'assess/ports.ts', 'images/ports.ts', 'audit/ports.ts'],
};

/** Imports run one way. Each room may import itself, `lib` and the rooms listed here. */
const RULES: Readonly<Record<string, Rule>> = {
  lib: { rooms: [] },
  files: { rooms: [] },
  image: { rooms: [] },
  credentials: { rooms: ['image'] },
  pod: { rooms: ['image'] },
  detect: { rooms: ['image', 'pod'] },
  policy: { rooms: ['image', 'pod', 'detect'] },
  admission: { rooms: ['image', 'pod'], types: ['policy', 'detect'] },
  images: { rooms: ['image', 'detect', 'credentials'], types: ['policy'] },
  assess: { rooms: ['image', 'pod', 'detect', 'policy', 'credentials'], types: ['images'] },
  audit: {
    rooms: ['assess', 'admission', 'image', 'pod', 'policy', 'detect', 'credentials'],
    types: ['images'],
  },
  registry: EDGE,
  'image-files': EDGE,
  keychain: EDGE,
  kubernetes: EDGE,
  'fake-registry': { rooms: ['image'] },
  certs: EDGE,
  telemetry: EDGE,
  config: EDGE,
  server: { rooms: ['assess', 'admission', 'image', 'pod'], types: ['policy'] },
  cli: {
    rooms: ['assess', 'audit', 'admission', 'image', 'pod', 'fake-registry', 'policy/describe.ts'],
    types: ['policy', 'detect', 'certs/certificate-report.ts', 'image-files/locate-image.ts'],
  },
};

/** Rooms whose code depends on its arguments only. */
const PURE: ReadonlySet<string> = new Set(['image', 'detect', 'pod', 'policy', 'admission', 'credentials']);

/** Rooms that touch the world through their ports only. */
const WITHOUT_WORLD: ReadonlySet<string> = new Set([...PURE, LIBRARY, 'assess', 'audit', 'images', 'server']);

/** The only package that pure code may use: it describes the shape of settings. */
const PURE_PACKAGES: ReadonlySet<string> = new Set(['typebox']);

/** The composition root: the only room that may import all others. */
const COMPOSITION_ROOT = 'wire';

/** The only code in `src` itself, and what it may import. */
const ROOTS: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['cli', COMPOSITION_ROOT, '../package.json'],
};

export function roomOf(file: string): string {
  return file.includes('/') ? (file.split('/', 1)[0] ?? '') : '.';
}

function faultOfRoot({ from, to, isLocal }: SourceImport): string | null {
  const allowed = ROOTS[from];
  if (!isLocal) return null;
  if (allowed === undefined) return `${from} lies in src itself, where only main.ts and bin.js belong`;
  return allowed.includes(to) || allowed.includes(roomOf(to)) ? null : `${from} may not import ${to}`;
}

function faultOfPackage({ from, to, isType }: SourceImport, room: string): string | null {
  if (!PURE.has(room) || PURE_PACKAGES.has(to)) return null;
  return isType && to.startsWith('@kubernetes/client-node')
    ? null
    : `${from} is pure and may not import ${to}`;
}

/** Returns why an import is not allowed; null if it is. */
export function faultOf(found: SourceImport): string | null {
  const { from, to, isLocal, isType } = found;
  const room = roomOf(from);
  if (room === COMPOSITION_ROOT) return null;
  if (room === '.') return faultOfRoot(found);
  if (!isLocal) return faultOfPackage(found, room);
  const other = roomOf(to);
  if (other === room || (other === LIBRARY && !STATEFUL.has(to))) return null;
  if (other === FILES)
    return WITHOUT_WORLD.has(room) ? `${from} may not import ${to}, which reads files` : null;
  if (STATEFUL.has(to)) return PURE.has(room) ? `${from} may not import ${to}, which keeps state` : null;
  const rule = RULES[room];
  if (rule === undefined) return `${room} has no rule: add one`;
  if (rule.rooms.includes(other) || rule.rooms.includes(to)) return null;
  const isTypeAllowed = rule.types?.some((allowed) => allowed === other || allowed === to) === true;
  return isType && isTypeAllowed
    ? null
    : `${from} may not import ${to}${isTypeAllowed ? ' except for its types' : ''}`;
}

/** Returns a path of imports that ends where it began; null if there is none. Imports of types count. */
export function findCycle(imports: readonly SourceImport[]): readonly string[] | null {
  const next = Map.groupBy(
    imports.filter(({ isLocal }) => isLocal),
    ({ from }) => from,
  );
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const { to } of next.get(file) ?? []) {
      const cycle = visit(to, [...path, file]);
      if (cycle !== null) return cycle;
    }
    done.add(file);
    return null;
  };
  for (const file of next.keys()) {
    const cycle = visit(file, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
