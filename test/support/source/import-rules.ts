import type { SourceImport } from './source-imports.ts';

/** What a room may import: rooms whole, rooms for their types only. */
interface Rule {
  /** Rooms, or single files of them. */
  readonly rooms: readonly string[];
  /** A room, or one file of it. */
  readonly types?: readonly string[];
}

/** Small helpers, for every room. */
const LIBRARY = 'lib';

/** Reads the files that others name, for rooms that touch the world. */
const FILES = 'files';

/** What remembers, for rooms that are no functions of their arguments. */
const REMEMBERING: ReadonlySet<string> = new Set(['lib/single-flight.ts']);

const EDGE: Rule = {
  rooms: ['image', 'pod', 'credentials'],
  types: ['policy', 'detect', 'assess/ports.ts', 'images/ports.ts'],
};

/** Imports run one way. Each room may import itself, `lib` and what stands here. */
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
  registry: EDGE,
  keychain: EDGE,
  kubernetes: EDGE,
  'fake-registry': { rooms: ['image'] },
  certs: EDGE,
  telemetry: EDGE,
  config: EDGE,
  server: { rooms: ['assess', 'admission', 'image', 'pod'], types: ['policy'] },
  cli: {
    rooms: ['assess', 'admission', 'image', 'pod', 'fake-registry', 'policy/describe.ts'],
    types: ['policy', 'detect'],
  },
};

/** Folders whose code is a function of its arguments. */
const PURE: ReadonlySet<string> = new Set(['image', 'detect', 'pod', 'policy', 'admission', 'credentials']);

/** Rooms that touch the world by what is handed to them only. */
const WITHOUT_WORLD: ReadonlySet<string> = new Set([...PURE, LIBRARY, 'assess', 'images', 'server']);

/** The only package that pure code may use: it describes the shape of settings and does nothing. */
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

/** Why an import goes the wrong way; null where it does not. */
export function faultOf(found: SourceImport): string | null {
  const { from, to, isLocal, isType } = found;
  const room = roomOf(from);
  if (room === COMPOSITION_ROOT) return null;
  if (room === '.') return faultOfRoot(found);
  if (!isLocal) return faultOfPackage(found, room);
  const other = roomOf(to);
  if (other === room || (other === LIBRARY && !REMEMBERING.has(to))) return null;
  if (other === FILES)
    return WITHOUT_WORLD.has(room) ? `${from} may not import ${to}, which reads files` : null;
  if (REMEMBERING.has(to)) return PURE.has(room) ? `${from} may not import ${to}, which remembers` : null;
  const rule = RULES[room];
  if (rule === undefined) return `${room} is a room that nobody planned: give it a rule`;
  if (rule.rooms.includes(other) || rule.rooms.includes(to)) return null;
  const isTypeAllowed = rule.types?.some((allowed) => allowed === other || allowed === to) === true;
  return isType && isTypeAllowed
    ? null
    : `${from} may not import ${to}${isTypeAllowed ? ' but for its types' : ''}`;
}

/** A path of imports that ends where it began; null where there is none. An import of a type counts like any other. */
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
