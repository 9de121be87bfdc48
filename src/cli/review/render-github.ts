import { stripControlCharacters } from '../../lib/strip-control-characters.ts';
import type { Issue, Issues, Level, Unjudged } from './issues.ts';
import type { Place } from './repository.ts';

/** GitHub shows ten annotations of each type per step ("Workflow commands", "Limits"). */
const MAX_PER_LEVEL = 10;

const COMMANDS = { error: 'error', warning: 'warning', note: 'notice' } as const satisfies Record<
  Level,
  string
>;

interface Annotation {
  readonly level: Level;
  readonly title: string;
  readonly lines: readonly string[];
  readonly place: Place;
}

/** Escapes a message as `@actions/core` does. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(stripControlCharacters(text)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function fromIssue({ id, level, object, message, advice, place }: Issue): Annotation {
  const lines = [`${object}: ${message}`, ...(advice === '' ? [] : [`Fix: ${advice}`])];
  return { level, title: `wasmgate/${id}`, lines, place };
}

function fromUnjudged({ kind, message, place }: Unjudged): Annotation {
  const level = kind === 'unreadable' ? 'error' : 'warning';
  return { level, title: `wasmgate: ${kind}`, lines: [message], place };
}

/** Renders one workflow command. Text from manifests can neither end it nor begin another one. */
function renderAnnotation({ level, title, lines, place }: Annotation): string {
  const { path, line } = place;
  const properties = [
    ...(path === null ? [] : [`file=${escapeProperty(path)}`, `line=${line}`]),
    `title=${escapeProperty(title)}`,
  ];
  const message = lines.map(stripControlCharacters).join('\n');
  return `::${COMMANDS[level]} ${properties.join(',')}::${escapeData(message)}\n`;
}

function describeRest(annotations: readonly Annotation[], level: Level): readonly string[] {
  const rest = annotations.length - MAX_PER_LEVEL;
  return rest > 0 ? [`${rest} more ${COMMANDS[level]}${rest === 1 ? '' : 's'}`] : [];
}

/**
 * Renders workflow commands, errors first, and a last line for people.
 * @param summary plain text; empty for none
 */
export function renderGithub({ issues, unjudged }: Issues, summary: string): string {
  const annotations = [
    ...unjudged.filter(({ hasIssue }) => !hasIssue).map(fromUnjudged),
    ...issues.map(fromIssue),
  ];
  const groups = (['error', 'warning', 'note'] as const).map((level) => ({
    level,
    all: annotations.filter((annotation) => annotation.level === level),
  }));
  const shown = groups.flatMap(({ all }) => all.slice(0, MAX_PER_LEVEL)).map(renderAnnotation);
  const rest = groups.flatMap(({ level, all }) => describeRest(all, level));
  const more = rest.length === 0 ? '' : ` Not shown, as GitHub takes ten of each: ${rest.join(', ')}.`;
  return `${shown.join('')}${summary === '' ? '' : `${summary}${more}\n`}`;
}
