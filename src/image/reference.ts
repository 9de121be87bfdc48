import { AppError } from '../lib/errors.ts';
import { isDigest, type Digest } from './digest.ts';

/**
 * A reference `registry/repository[:tag][@digest]`, normalised as docker and containerd do it
 * (github.com/distribution/reference, `ParseDockerRef`): no host means docker.io, no namespace there means `library/`,
 * neither tag nor digest means tag `latest`. Where both are given the digest wins and the tag is only remembered.
 */
export interface Reference {
  /** Host and optional port, in lower case but for a bare name with capitals: `docker.io`, `ghcr.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: Digest | null;
}

export type ReferenceErrorCode = 'invalid-reference';

/** Docker Hub, where a reference names no registry. */
export const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_ALIASES: ReadonlySet<string> = new Set(['index.docker.io', 'registry-1.docker.io']);
const MAX_REPOSITORY = 255;
/** Host with port, repository, tag and sha512 digest at their longest, with what stands between them: 780 characters. */
const MAX_REFERENCE = 800;
/** Of a longer text, what an error shows. */
const SHOWN_CHARACTERS = 64;

const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const REGISTRY = new RegExp(
  `^(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`,
);

function invalid(text: string, state: string): AppError<ReferenceErrorCode> {
  return new AppError('invalid-reference', `Cannot parse image reference "${text}": ${state}`, {
    advice: 'A reference reads registry/repository:tag or registry/repository@sha256:…',
  });
}

/** Splits off the registry: the first component is one only if it has a dot, a port, upper case or is localhost. */
function splitRegistry(name: string): readonly [registry: string, repository: string] {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  if (!isHost) return [DOCKER_HUB, name];
  const lower = first.toLowerCase();
  // A host that only its case tells from a path keeps it: in lower case the name would be another image's.
  const host = /[.:]/.test(lower) || lower === 'localhost' ? lower : first;
  return [DOCKER_HUB_ALIASES.has(host) ? DOCKER_HUB : host, name.slice(slash + 1)];
}

/** Whether it is written as repositories are: parts in lower case, which nothing reads as a path that leads upwards. */
export function isRepository(text: string): boolean {
  return text.length <= MAX_REPOSITORY && text.split('/').every((part) => PATH_COMPONENT.test(part));
}

/** @throws AppError `invalid-reference` */
export function parseReference(text: string): Reference {
  if (text === '') throw invalid(text, 'it is empty');
  if (text.length > MAX_REFERENCE)
    throw invalid(`${text.slice(0, SHOWN_CHARACTERS)}…`, `it is longer than ${MAX_REFERENCE} characters`);
  if (/\s/.test(text)) throw invalid(text, 'it has white space');
  if (text.includes('://')) throw invalid(text, 'a reference has no scheme');
  const at = text.indexOf('@');
  const digest = at < 0 ? null : text.slice(at + 1);
  if (digest !== null && !isDigest(digest)) throw invalid(text, `"${digest}" is not a digest`);
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : null;
  if (tag !== null && !TAG.test(tag)) throw invalid(text, `"${tag}" is not a tag`);
  const [registry, path] = splitRegistry(hasTag ? named.slice(0, colon) : named);
  if (!REGISTRY.test(registry)) throw invalid(text, `"${registry}" is not a registry host`);
  const repository = registry === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path;
  if (repository.length > MAX_REPOSITORY)
    throw invalid(text, `the repository is longer than ${MAX_REPOSITORY} characters`);
  if (!isRepository(repository)) {
    throw invalid(
      text,
      /[A-Z]/.test(path) ? 'the repository must be lower case' : `"${path}" is not a repository`,
    );
  }
  if (/^[a-f0-9]{64}$/.test(text)) throw invalid(text, 'it is a bare image ID');
  return { registry, repository, tag: tag ?? (digest === null ? 'latest' : null), digest };
}

/** The normal form: two references that mean the same image print the same. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === null ? '' : `:${reference.tag}`;
  const digest = reference.digest === null ? '' : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}
