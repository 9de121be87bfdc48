import { countRunes, cutEnd, cutMiddle } from '../lib/bound-text.ts';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import { leadingSegments, parsePointer } from '../pod/json-pointer.ts';
import { CHOSEN_CLASS_ANNOTATION } from '../pod/names.ts';
import type { Change, Decision, RatedFinding } from '../policy/decision.ts';
import type { AssessedContainer } from '../policy/facts.ts';
import type { Consequence } from '../policy/finding-catalog.ts';
import type { Outcome } from '../policy/mode.ts';
import { DENIAL_RUNES, WARNING_RUNES } from './response.ts';

/** The parts of an assessment from which responses are written. */
export interface Decided {
  readonly decision: Decision;
  readonly outcome: Outcome;
  /** True if findings that deny reject the object; otherwise they only warn. */
  readonly isBinding: boolean;
  readonly containers: readonly AssessedContainer[];
  readonly notes: readonly string[];
}

/** The object of the request. */
export interface Subject {
  /** `Pod`, or the kind of a workload. */
  readonly kind: string;
  readonly namespace: string;
}

const LINE_LIMITS = {
  /** Code points read of a text: more than any line has, so that a cut shows. */
  text: 4096,
  /** Code points kept for the problem if the fix is long. */
  shortestWhat: 48,
  /** Findings with a line of their own; a last line counts the others. */
  findings: 3,
} as const;

/** The texts of one line. */
interface Line {
  readonly head: string;
  readonly what: string;
  /** What to do, after the full stop. */
  readonly tail: string;
}

function clean(text: string): string {
  return stripControlCharacters(cutMiddle(text, LINE_LIMITS.text)).trim();
}

function withoutFullStop(text: string): string {
  return text.endsWith('.') ? text.slice(0, -1) : text;
}

/** Shorter ways to name the image of a container, which the object's author knows: its last part, or not at all. */
const SHORTER_IMAGES = [(image: string) => ` (image ${image.replace(/^.*\//, '…/')})`, () => ''] as const;
const NAMED_IMAGE = / \(image ([^\s()]+)\)/g;

/** Joins a line. If it is too long, head and tail stay whole: `what` loses the names of images, and then its middle. */
function joinLine({ head, what, tail }: Line, runes: number): string {
  let sentence = withoutFullStop(clean(what));
  const end = clean(tail);
  const rest = end === '' ? '' : `. ${end}`;
  const fits = () => countRunes(`${head}${sentence}${rest}`) <= runes;
  for (const shorten of SHORTER_IMAGES)
    if (!fits()) sentence = sentence.replaceAll(NAMED_IMAGE, (_named, image: string) => shorten(image));
  if (fits()) return `${head}${sentence}${rest}`;
  const forRest = runes - countRunes(head) - Math.min(countRunes(sentence), LINE_LIMITS.shortestWhat);
  const shortRest = cutEnd(rest, forRest);
  return `${head}${cutMiddle(sentence, runes - countRunes(head) - countRunes(shortRest))}${shortRest}`;
}

/**
 * Describes why an object is denied, as kubectl prints it: every denial on its own line, so that one round of fixing is enough.
 * kubectl's tables show only the first line of an Event, so each line holds a problem and its fix.
 */
export function describeDenial(denials: readonly RatedFinding[]): string {
  const share = Math.max(WARNING_RUNES, Math.floor(DENIAL_RUNES / denials.length) - 1);
  let text = '';
  for (const { id, detail, advice } of denials) {
    // The rest would be cut off: a Pod may have hundreds of containers.
    if (text.length > 2 * DENIAL_RUNES) break;
    const tail = advice === '' ? '' : `Fix: ${advice}`;
    text += `${text === '' ? '' : '\n'}${joinLine({ head: `wasmgate/${id}: `, what: detail, tail }, share)}`;
  }
  return text;
}

const SEVERITY_ORDER: readonly Consequence[] = ['cannot-start', 'may-not-start', 'degraded', 'advice'];

function bySeverity(findings: readonly RatedFinding[]): readonly RatedFinding[] {
  return findings.toSorted(
    (left, right) => SEVERITY_ORDER.indexOf(left.consequence) - SEVERITY_ORDER.indexOf(right.consequence),
  );
}

function findingLine({ id, detail, advice }: RatedFinding, says = '', also = ''): string {
  const tail = [advice, also].filter((text) => text !== '').join(' ');
  return joinLine({ head: `wasmgate/${id}: ${says}`, what: detail, tail }, WARNING_RUNES);
}

function noteLine(note: string): string {
  return joinLine({ head: 'wasmgate: ', what: note, tail: '' }, WARNING_RUNES);
}

/** Formats when the registry last confirmed the facts: a time, not an age, so that two calls return the same text. */
export function formatStaleness({ stale }: AssessedContainer): string {
  return stale ? ` (as of ${new Date(stale.since).toISOString()}, now ${stale.reason})` : '';
}

/** Returns a note for each container with a finding whose facts its registry cannot confirm now. */
function stalenessNotes(
  containers: readonly AssessedContainer[],
  findings: readonly RatedFinding[],
): readonly string[] {
  const found = new Set(findings.map(({ container }) => container));
  return containers.flatMap(({ container, stale }) =>
    stale && found.has(container.name)
      ? `container "${container.name}" is judged by facts of ${new Date(stale.since).toISOString()}, because its registry cannot be read now (${stale.reason})`
      : [],
  );
}

function addTo<Key>(groups: Map<Key, Set<string>>, key: Key, value: string): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, new Set([value]));
  else group.add(value);
}

/** `command, requests and limits` */
function listOf(words: readonly string[]): string {
  return [...words.slice(0, -2), words.slice(-2).join(' and ')].join(', ');
}

/** `runtimeClassName "wasmtime", annotation module.wasm.image/variant, requests and limits of container "app"` */
export function summarizeChanges(
  changes: readonly Change[],
  containers: readonly AssessedContainer[],
): string {
  const names = new Map(containers.map(({ path, container }) => [path, container.name]));
  const [classes, fields, annotations] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const ofContainers = new Map<string, Set<string>>();
  for (const { path, value } of changes) {
    const [, field = '', key = '', ...rest] = parsePointer(path);
    const name = names.get(leadingSegments(path, 3));
    // `resources/limits/memory`, `command` or `image`
    if (name !== undefined) addTo(ofContainers, name, rest[1] ?? rest[0] ?? '');
    else if (field === 'runtimeClassName') classes.add(`${field} "${String(value)}"`);
    else if (field !== 'annotations') fields.add(field);
    else if (key !== CHOSEN_CLASS_ANNOTATION) annotations.add(`annotation ${key}`);
  }
  const byFields = new Map<string, Set<string>>();
  for (const [name, own] of ofContainers) addTo(byFields, listOf([...own]), `"${name}"`);
  const groups = [...byFields].map(
    ([own, quoted]) => `${own} of container${quoted.size === 1 ? '' : 's'} ${[...quoted].join(', ')}`,
  );
  return [...classes, ...fields, ...annotations, ...groups].join(', ');
}

/** Returns one line for everything that mode `enforce` would do: deny the object, change it, or warn. */
function auditLine({ outcome, containers, notes }: Decided, { kind }: Subject): readonly string[] {
  const { denials, changes } = outcome.withheld;
  const isChange = denials.length === 0 && changes.length > 0;
  const findings = [...bySeverity(denials), ...bySeverity(outcome.warnings)];
  const ids = new Set((isChange ? findings : findings.slice(1)).map(({ id }) => id));
  const also = [
    ...(ids.size === 0 ? [] : [`Also: ${[...ids].join(', ')}.`]),
    ...notes.map((note) => `Note: ${note}.`),
  ].join(' ');
  if (isChange) {
    const where = kind === 'Pod' ? '' : ` in Pods of this ${kind}`;
    const what = `${summarizeChanges(changes, containers)}${where}`;
    return [joinLine({ head: 'wasmgate/audit: would set ', what, tail: also }, WARNING_RUNES)];
  }
  const [worst] = findings;
  if (worst === undefined) return notes.map(noteLine).slice(0, 1);
  return [findingLine(worst, denials.length > 0 ? 'would deny: ' : '', also)];
}

/**
 * Describes everything that the author of an object should know, worst first, one line each. A workload that is not denied
 * gets the denials of its Pods here, because only a controller would see those.
 */
export function describeWarnings(decided: Decided, subject: Subject): readonly string[] {
  const { outcome, isBinding, containers, notes } = decided;
  if (outcome.isSilent) return [];
  if (outcome.mode === 'audit') return auditLine(decided, subject);
  const { denials, warnings, withheld } = outcome;
  const ofPods = isBinding ? [] : denials;
  const lines = [
    ...bySeverity(ofPods).map(
      (finding) => () => findingLine(finding, `Pods of this ${subject.kind} will be denied: `),
    ),
    ...bySeverity(withheld.denials).map((finding) => () => findingLine(finding, 'would deny: ')),
    ...notes.map((note) => () => noteLine(note)),
    ...bySeverity(warnings).map((finding) => () => findingLine(finding)),
    ...stalenessNotes(containers, [...denials, ...withheld.denials, ...warnings]).map(
      (note) => () => noteLine(note),
    ),
  ];
  const shown = lines.slice(0, LINE_LIMITS.findings).map((write) => write());
  const more = lines.length - shown.length;
  if (more === 0) return shown;
  const command = `wasmgate review -f FILE --live -n ${subject.namespace}`;
  return [
    ...shown,
    noteLine(`${more} more ${more === 1 ? 'warning' : 'warnings'}; to list all, run: ${command}`),
  ];
}
