import { parse } from 'yaml';
import type { Origin } from '../../audit/subject.ts';
import { child, isObject, property, stringOr, type JsonObject } from '../../lib/json.ts';

/** The comment that `helm template` writes before each object. */
const HELM_SOURCE = /^ Source: (\S.*)$/m;

/** kustomize writes it with `buildMetadata: [originAnnotations]`. */
const KUSTOMIZE_ORIGIN = 'config.kubernetes.io/origin';

/** Longer than any path on Linux (PATH_MAX). */
const MAX_CHARACTERS = 4096;

/** Reads the annotation; null if kustomize did not write it. Generated objects name the generator's file instead of a path. */
function readAnnotation(text: string): Origin | null {
  if (text === '' || text.length > MAX_CHARACTERS) return null;
  try {
    // A key that is a collection takes the parser minutes to convert to text; level "silent" would hide such errors.
    const origin: unknown = parse(text, { logLevel: 'error', maxAliasCount: 0, stringKeys: true });
    if (!isObject(origin)) return null;
    const path = property(origin, 'path') ?? property(origin, 'configuredIn');
    if (typeof path !== 'string' || path === '') return null;
    const repo = stringOr(property(origin, 'repo'), null);
    return { tool: 'kustomize', path, repo, ref: stringOr(property(origin, 'ref'), null) };
  } catch {
    return null;
  }
}

/**
 * Returns the file that an object says it was rendered from; null if it names none.
 * @param comment before the object
 */
export function findOrigin(object: JsonObject, comment: string): Origin | null {
  const annotations = child(child(object, 'metadata'), 'annotations');
  const annotated = readAnnotation(stringOr(property(annotations, KUSTOMIZE_ORIGIN), ''));
  if (annotated !== null) return annotated;
  const path = HELM_SOURCE.exec(comment.slice(0, MAX_CHARACTERS))?.[1]?.trimEnd();
  return path === undefined ? null : { tool: 'helm', path, repo: null, ref: null };
}
