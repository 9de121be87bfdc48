import { AppError } from '../lib/errors.ts';

/** A valid content digest, `algorithm:hex`. Grammar: OCI image spec, descriptor.md, "Digests". */
export type Digest = `${string}:${string}`;

/** The registered algorithms (descriptor.md, "Registered Algorithms") and the length of their hexadecimal digests. */
const HEX_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

const DIGEST = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([A-Za-z0-9=_-]+)$/;

export function isDigest(text: string): text is Digest {
  const match = DIGEST.exec(text);
  if (match === null) return false;
  const [, algorithm = '', encoded = ''] = match;
  const length = Object.hasOwn(HEX_LENGTHS, algorithm) ? HEX_LENGTHS[algorithm] : undefined;
  return length !== undefined && encoded.length === length && /^[a-f0-9]+$/.test(encoded);
}

/** Returns the algorithm's name, which `node:crypto` and the OCI spec spell alike. */
export function digestAlgorithm(digest: Digest): 'sha256' | 'sha512' {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/**
 * A reference `registry/repository[:tag][@digest]`, normalized as docker and containerd do it
 * (github.com/distribution/reference, `ParseDockerRef`). The registry defaults to docker.io, the namespace there to
 * `library/`, and the tag to `latest` if there is no digest. If both are given, the digest wins.
 */
export interface Reference {
  /** Host and optional port in lower case, such as `docker.io` or `[::1]:5000`; a bare name with capitals keeps them. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: Digest | null;
}

export type ReferenceErrorCode = 'invalid-reference';

/** The registry of references that name none. */
export const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_ALIASES: ReadonlySet<string> = new Set(['index.docker.io', 'registry-1.docker.io']);
const MAX_REPOSITORY = 255;
/** The longest host with port, repository, tag and sha512 digest take 780 characters with their separators. */
const MAX_REFERENCE = 800;
/** Characters of a longer text that an error shows. */
const SHOWN_CHARACTERS = 64;

const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const REGISTRY = new RegExp(
  `^(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`,
);

function invalid(text: string, state: string): AppError<ReferenceErrorCode> {
  return new AppError('invalid-reference', `Cannot parse image reference "${text}": ${state}`, {
    advice: 'Write registry/repository:tag or registry/repository@sha256:…',
  });
}

/** Splits off the registry: the first component, if it contains a dot, a port or upper case, or is `localhost`. */
function splitRegistry(name: string): readonly [registry: string, repository: string] {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  if (!isHost) return [DOCKER_HUB, name];
  const lower = first.toLowerCase();
  // A host that differs from a path only by its capitals keeps them: in lower case it would name another image.
  const host = /[.:]/.test(lower) || lower === 'localhost' ? lower : first;
  return [DOCKER_HUB_ALIASES.has(host) ? DOCKER_HUB : host, name.slice(slash + 1)];
}

/** Reports whether the text is a repository name: lower-case components, none of which is `..`. */
export function isRepository(text: string): boolean {
  return text.length <= MAX_REPOSITORY && text.split('/').every((part) => PATH_COMPONENT.test(part));
}

/** @throws AppError `invalid-reference` */
export function parseReference(text: string): Reference {
  if (text === '') throw invalid(text, 'it is empty');
  if (text.length > MAX_REFERENCE)
    throw invalid(`${text.slice(0, SHOWN_CHARACTERS)}…`, `it is longer than ${MAX_REFERENCE} characters`);
  if (/\s/.test(text)) throw invalid(text, 'it contains white space');
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

/** Formats the normal form: references to the same image have the same text. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === null ? '' : `:${reference.tag}`;
  const digest = reference.digest === null ? '' : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}
