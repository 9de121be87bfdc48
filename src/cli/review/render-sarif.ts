import { pathToFileURL } from 'node:url';
import { escapeJson, stripControlCharacters } from '../../lib/strip-control-characters.ts';
import type { ExitCode } from '../command.ts';
import type { ExplainedFinding } from '../explain.ts';
import type { Issue, Issues, Level, Unjudged } from './issues.ts';
import type { Place, Repository } from './repository.ts';

/** The page that explains each finding, if the operator configures none. */
const FINDINGS_PAGE = 'https://github.com/wasmgate/wasmgate/blob/main/src/policy/FINDINGS.md#';

const HOME_PAGE = 'https://github.com/wasmgate/wasmgate';

/** Stands for the root of the repository, as GitHub's upload-sarif expects it. */
const ROOT = '%SRCROOT%';

/** Stands for standard input and for objects of the cluster: GitHub rejects a result without a file. */
const NO_FILE = 'no-file';

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Readonly<
  Record<ExplainedFinding['severity'], Level>
>;

/** The scale by which GitHub sorts alerts. */
const PROBLEM_SEVERITIES = { error: 'error', warning: 'warning', info: 'recommendation' } as const;

export interface SarifContext {
  readonly version: string;
  readonly findings: readonly ExplainedFinding[];
  /** `policy.helpUrl`; undefined for the project's page. */
  readonly helpUrl: string | undefined;
  readonly repository: Repository;
  readonly exitCode: ExitCode;
}

/** Prevents a quoted text from making a link, which SARIF writes as in Markdown (3.11.6). */
function plain(text: string): { readonly text: string } {
  return { text: stripControlCharacters(text).replaceAll('](', '] (') };
}

/** A path that an annotation names may hold lone surrogates, for which there is no URI. */
function uriOf(path: string): string {
  return path.toWellFormed().split('/').map(encodeURIComponent).join('/');
}

function artifactOf({ path, isInside }: Place): object {
  if (path === null) return { uri: NO_FILE };
  return isInside ? { uri: uriOf(path), uriBaseId: ROOT } : { uri: pathToFileURL(path).href };
}

function physicalOf(place: Place): object {
  return { artifactLocation: artifactOf(place), region: { startLine: place.line } };
}

/** Returns `Handler cannot run image`: code scanning shows it as the title of an alert. */
function titleOf(id: string): string {
  return `${id.charAt(0).toUpperCase()}${id.slice(1).replaceAll('-', ' ')}.`;
}

function ruleOf({ id, why, example, fix, severity }: ExplainedFinding, helpUrl: string): object {
  return {
    id,
    shortDescription: plain(titleOf(id)),
    fullDescription: plain(why),
    help: {
      ...plain(`${why}\nFor example: ${example}\nFix: ${fix}`),
      markdown: `${why}\n\n**For example:** ${example}\n\n**Fix:** ${fix}`,
    },
    helpUri: `${helpUrl}${id}`,
    defaultConfiguration: { level: LEVELS[severity] },
    properties: { tags: ['kubernetes', 'webassembly'], 'problem.severity': PROBLEM_SEVERITIES[severity] },
  };
}

function messageOf({ object, message, advice }: Issue): object {
  return plain(`${object}: ${message}${advice === '' ? '' : `. Fix: ${advice}`}`);
}

/**
 * GitHub identifies alerts by `primaryLocationLineHash` only. Its upload computes that from the text around the line, which is
 * the same for all containers that one template renders, and warns if there is one already.
 */
function fingerprintsOf({ fingerprint, place }: Issue): object {
  const own = { 'wasmgateObjectFinding/v1': fingerprint };
  return place.isRendered ? { ...own, primaryLocationLineHash: fingerprint } : own;
}

function resultOf(issue: Issue, ruleIndex: ReadonlyMap<string, number>): object {
  const { id, level, object, container, place } = issue;
  const name = container ?? object;
  const fullyQualifiedName = container === null ? object : `${object} ${container}`;
  return {
    ruleId: id,
    ruleIndex: ruleIndex.get(id) ?? -1,
    level,
    message: messageOf(issue),
    locations: [
      {
        physicalLocation: physicalOf(place),
        logicalLocations: [
          {
            name: stripControlCharacters(name),
            fullyQualifiedName: stripControlCharacters(fullyQualifiedName),
          },
        ],
      },
    ],
    partialFingerprints: fingerprintsOf(issue),
  };
}

const NOTIFICATIONS = {
  undecided: {
    level: 'warning',
    text: 'The outcome for an object depends on something that could not be read.',
  },
  unreadable: { level: 'error', text: 'A file, or a document in it, could not be read.' },
} as const;

const KINDS = ['undecided', 'unreadable'] as const satisfies readonly (keyof typeof NOTIFICATIONS)[];

function notificationOf({ kind, message, place }: Unjudged): object {
  return {
    descriptor: { id: kind, index: KINDS.indexOf(kind) },
    level: NOTIFICATIONS[kind].level,
    message: plain(message),
    locations: [{ physicalLocation: physicalOf(place) }],
  };
}

/**
 * Renders a log of SARIF 2.1.0. What could not be judged is a notification and no result: an alert would close as fixed when the
 * registry answers again.
 */
export function renderSarif({ issues, unjudged }: Issues, context: SarifContext): string {
  const { version, findings, helpUrl = FINDINGS_PAGE, repository, exitCode } = context;
  const ruleIndex = new Map<string, number>(findings.map(({ id }, index) => [id, index]));
  const driver = {
    name: 'wasmgate',
    version,
    semanticVersion: version,
    informationUri: HOME_PAGE,
    rules: findings.map((finding) => ruleOf(finding, helpUrl)),
    notifications: KINDS.map((id) => ({ id, shortDescription: { text: NOTIFICATIONS[id].text } })),
  };
  const invocation = {
    executionSuccessful: unjudged.every(({ kind }) => kind !== 'unreadable'),
    exitCode,
    toolExecutionNotifications: unjudged.map(notificationOf),
  };
  const run = {
    tool: { driver },
    originalUriBaseIds: { [ROOT]: { uri: pathToFileURL(`${repository.root}/`).href } },
    invocations: [invocation],
    columnKind: 'utf16CodeUnits',
    results: issues.map((issue) => resultOf(issue, ruleIndex)),
  };
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [run],
  };
  return `${escapeJson(JSON.stringify(log, null, 2))}\n`;
}
