import { createHash } from 'node:crypto';
import type { Reviewed } from '../../audit/judge-subjects.ts';
import { remarksOf, unknownImages } from '../../audit/report-review.ts';
import type { ReportedFinding, ReportedItem } from '../../audit/reported-item.ts';
import { isObject, property, stringOr, type JsonObject } from '../../lib/json.ts';
import { parsePointer } from '../../pod/json-pointer.ts';
import type { FindingId } from '../../policy/finding-catalog.ts';
import { describeOpenFacts } from '../item-lines.ts';
import { createLineFinder } from './find-lines.ts';
import type { Manifest } from './manifests.ts';
import type { Input } from './read-manifests.ts';
import { describeObject, type Report } from './report.ts';
import type { Place, Repository } from './repository.ts';

/** The levels of SARIF, which GitHub shows as error, warning and notice. */
export type Level = 'error' | 'warning' | 'note';

/** A finding, for readers who look at a file rather than at an object. */
export interface Issue {
  readonly id: FindingId;
  readonly level: Level;
  /** Such as `Deployment shop/web`. */
  readonly object: string;
  readonly container: string | null;
  readonly message: string;
  readonly advice: string;
  readonly place: Place;
  /** The same wherever the object is in its file, and however its fields change. */
  readonly fingerprint: string;
}

/** Why an object, or a file, was not judged. */
export interface Unjudged {
  readonly kind: 'undecided' | 'unreadable';
  readonly message: string;
  readonly place: Place;
  /** True if issues say it, too. */
  readonly hasIssue: boolean;
}

export interface Issues {
  readonly issues: readonly Issue[];
  readonly unjudged: readonly Unjudged[];
}

interface IssueInput {
  readonly input: Input;
  readonly reviews: readonly Reviewed[];
  /** With an item for each review, in the same order. */
  readonly report: Report;
}

/** The fields that findings are about, the best one first. Diffs show a remark only beside a changed line. */
const FIELDS: Partial<Record<FindingId, readonly string[]>> = {
  'command-not-in-image': ['command', 'args', 'image'],
  'file-not-wasm': ['command', 'args', 'image'],
  'wat-not-runnable': ['command', 'args', 'image'],
  'node-selector-conflict': ['nodeSelector', 'runtimeClassName'],
  'overhead-conflict': ['overhead', 'runtimeClassName'],
  'exec-probe-unsupported': ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'],
  'read-only-root-unsupported': ['securityContext'],
  'tty-unsupported': ['tty'],
  'user-namespace-unsupported': ['hostUsers'],
  'node-taint-not-tolerated': ['tolerations', 'runtimeClassName'],
  'memory-below-floor': ['resources', 'image'],
  'limits-conflict': ['resources', 'image'],
  'memory-limit-left-out': ['resources', 'image'],
  'slow-start-under-cpu-limit': ['resources', 'image'],
};

const USUAL_FIELDS = ['image', 'runtimeClassName'] as const;

/** What is denied is an error, whatever its severity, unless the denial depends on something unknown. */
function levelOf({ severity, action, isDoubtful }: ReportedFinding): Level {
  if (action === 'deny') return isDoubtful === true ? 'warning' : 'error';
  return severity === 'info' ? 'note' : severity;
}

/** Returns the keys from the object to each field that a finding may be about, and then to the container. */
function fieldPaths(review: Reviewed, { id, container }: ReportedFinding): readonly (readonly string[])[] {
  if (review.kind !== 'decided') return [];
  const { path } = review.subject;
  // A SpinApp has its fields in its own spec.
  if (path === null) return (FIELDS[id] ?? USUAL_FIELDS).map((field) => ['spec', field]);
  const assessed = review.assessment.containers.find((one) => one.container.name === container);
  const parent = assessed === undefined ? [...path, 'spec'] : [...path, ...parsePointer(assessed.path)];
  const fields = (FIELDS[id] ?? USUAL_FIELDS).map((field) => [...parent, field]);
  return assessed === undefined ? fields : [...fields, parent];
}

/** Returns the manifest of each reviewed object; for an AdmissionReview, with the path to the object in it. */
function manifestsByObject({ manifests }: Input): ReadonlyMap<JsonObject, Manifest> {
  return new Map(
    manifests.flatMap((manifest) => {
      const request = property(manifest.object, 'request');
      const inner = isObject(request) ? property(request, 'object') : undefined;
      const own = [manifest.object, manifest] as const;
      if (manifest.kind !== 'AdmissionReview' || !isObject(inner)) return [own];
      return [own, [inner, { ...manifest, path: [...manifest.path, 'request', 'object'] }] as const];
    }),
  );
}

type FindPlace = (review: Reviewed, finding: ReportedFinding) => Place;

function createPlaceFinder({ input }: IssueInput, repository: Repository): FindPlace {
  const manifests = manifestsByObject(input);
  const findLine = createLineFinder(input.files);
  return (review, finding) => {
    const { source, object } = review.subject;
    const place = repository.place(source, source.line);
    const manifest = manifests.get(object);
    // A line in what was rendered says nothing about the file that it was rendered from.
    if (manifest === undefined || place.isRendered) return place;
    for (const keys of fieldPaths(review, finding)) {
      const line = findLine(manifest, keys);
      if (line !== null) return { ...place, line };
    }
    return place;
  };
}

/** Creates a function that numbers equal identities, such as those of two objects with one name, and hashes them. */
function createFingerprints(): (review: Reviewed, finding: ReportedFinding) => string {
  const seen = new Map<string, number>();
  return ({ subject: { source, object } }, { id, container }) => {
    const [group] = stringOr(property(object, 'apiVersion'), '').split('/').slice(0, -1);
    const { kind, namespace, name } = source;
    const identity = JSON.stringify([group ?? '', kind, namespace, name, id, container]);
    const count = (seen.get(identity) ?? 0) + 1;
    seen.set(identity, count);
    return `${createHash('sha256').update(identity).digest('hex').slice(0, 32)}:${count}`;
  };
}

function findIssues(given: IssueInput, repository: Repository): readonly Issue[] {
  const findPlace = createPlaceFinder(given, repository);
  const fingerprint = createFingerprints();
  const issuesOf = (review: Reviewed, item: ReportedItem | undefined): readonly Issue[] =>
    (item?.findings ?? [])
      // Code scanning ignores SARIF's `suppressions` and would raise an alert for what the operator has excepted.
      .filter(({ action }) => action !== 'excepted')
      .map((finding) => ({
        id: finding.id,
        level: levelOf(finding),
        object: describeObject(review.subject.source),
        container: finding.container,
        message: finding.message,
        advice: finding.advice,
        place: findPlace(review, finding),
        fingerprint: fingerprint(review, finding),
      }));
  return given.reviews.flatMap((review, index) => issuesOf(review, given.report.items[index]));
}

/** Lists the reasons why an object is undecided. */
function reasonsOf(review: Reviewed, item: ReportedItem): readonly string[] {
  const images = unknownImages(review).map(({ container, detail, advice }) =>
    [`container "${container}": ${detail}`, ...(advice === null ? [] : [advice.replace(/\.$/, '')])].join(
      '. ',
    ),
  );
  const facts = item.hangsOn.filter((fact) => fact !== 'images' && fact !== 'manifest');
  return [...images, ...[describeOpenFacts(item, facts) ?? []].flat(), ...remarksOf(review)];
}

function findUnjudged({ reviews, report }: IssueInput, repository: Repository): readonly Unjudged[] {
  const undecided = reviews.flatMap((review, index) => {
    const item = report.items[index];
    if (item?.outcome !== 'undecided') return [];
    const { source } = item;
    const message = `${describeObject(source)} is undecided: ${reasonsOf(review, item).join('. ')}`;
    const hasIssue = item.findings.some(({ isDoubtful }) => isDoubtful === true);
    return { kind: 'undecided', message, place: repository.place(source, source.line), hasIssue } as const;
  });
  const unreadable = report.errors.map(({ file, document, line, message }) => ({
    kind: 'unreadable' as const,
    message: document === null ? message : `document ${document} cannot be read: ${message}`,
    place: repository.place({ file, origin: null }, line ?? 1),
    hasIssue: false,
  }));
  return [...unreadable, ...undecided];
}

/** Collects what the outputs for code reviews report. */
export function collectIssues(given: IssueInput, repository: Repository): Issues {
  return { issues: findIssues(given, repository), unjudged: findUnjudged(given, repository) };
}
