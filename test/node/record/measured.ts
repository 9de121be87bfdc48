import { readFileSync } from 'node:fs';

export const MEASURED_FILE = new URL('../measured.json', import.meta.url);

/** Runs that the record replaces have this origin. */
export const RECORDED = 'npm run test:node -- --record';

/** How a container ended. */
export type Outcome =
  /** Ran as Wasm and printed; it ended without an error, or still runs. */
  | 'ran'
  /** Did so as an ordinary Linux program. */
  | 'linux'
  /** Never started. */
  | 'rejected'
  /** Started and ended with an error. */
  | 'failed'
  /** The node could not pull its image. */
  | 'not-pulled';

/** What the node reported. Digests, addresses and ids are replaced by words that are the same in every record. */
export interface Result {
  readonly outcome: Outcome;
  readonly pulled: boolean;
  /** The Pod's; absent, as all that follows, if an earlier record did not keep it. */
  readonly phase?: string;
  /** The container's. */
  readonly reason?: string;
  readonly exitCode?: number | null;
  readonly message?: string;
  /** The first six of the sorted lines. */
  readonly log?: readonly string[];
}

/** Versions by program. */
type Versions = Readonly<Record<string, string>>;

/** All images on one handler. */
export interface MeasuredRun {
  /** Of containerd's configuration. */
  readonly handler: string;
  /** The handler's profile in wasmgate's matrix; null if the matrix has no such handler. */
  readonly profile: string | null;
  /** The Pod's annotation module.wasm.image/variant; null if it has none. */
  readonly variant: string | null;
  readonly runtime: Versions;
  readonly node: Versions;
  readonly origin: string;
  /** By image. */
  readonly results: Readonly<Record<string, Result>>;
}

export interface MeasuredImage {
  readonly what: string;
  /** The container's command; null for that of the image. */
  readonly command: readonly string[] | null;
}

export interface Measured {
  readonly images: Readonly<Record<string, MeasuredImage>>;
  readonly runs: readonly MeasuredRun[];
}

export function readMeasured(): Measured {
  return JSON.parse(readFileSync(MEASURED_FILE, 'utf8')) as Measured;
}

/** What tells runs apart: a newer version of the same programs replaces the older one's run. */
function keyOf({ handler, variant, runtime, origin }: MeasuredRun): string {
  return JSON.stringify([handler, variant ?? '', origin === RECORDED ? '' : origin, Object.keys(runtime)]);
}

function byName<Value>(record: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  const names = Object.keys(record).toSorted();
  return Object.fromEntries(
    names.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]])),
  );
}

/** Replaces the runs that were recorded anew. Earlier runs, and those of handlers that this node lacks, stay as they are. */
export function mergeMeasured(old: Measured, recorded: Measured): Measured {
  const runs = new Map([...old.runs, ...recorded.runs].map((run) => [keyOf(run), run]));
  const sorted = [...runs.entries()].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return { images: recorded.images, runs: sorted.map(([, run]) => run) };
}

function indented(lines: readonly string[], depth: number): string {
  return lines.map((line) => `${'  '.repeat(depth)}${line}`).join(',\n');
}

function onOneLine(value: unknown): string {
  return JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ');
}

function entries(record: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(byName(record)).map(
    ([name, value]) => `${JSON.stringify(name)}: ${onOneLine(value)}`,
  );
}

/** One line for each image and result, so that a difference shows what changed. */
export function formatMeasured({ images, runs }: Measured): string {
  const formatRun = ({ results, ...run }: MeasuredRun): string => {
    const head = Object.entries(run).map(([name, value]) => `${JSON.stringify(name)}: ${onOneLine(value)}`);
    const body = `"results": {\n${indented(entries(results), 4)}\n      }`;
    return `    {\n${indented([...head, body], 3)}\n    }`;
  };
  const list = runs.map(formatRun).join(',\n');
  return `{\n  "images": {\n${indented(entries(images), 2)}\n  },\n  "runs": [\n${list}\n  ]\n}\n`;
}
