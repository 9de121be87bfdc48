import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import { parseServerPattern } from '../credentials/server-pattern.ts';
import { fileError, isMissing, readText } from '../files/read-text.ts';
import { collectErrors } from '../lib/collect-errors.ts';
import { AppError, describeError } from '../lib/errors.ts';
import { parseDuration } from '../lib/parse-duration.ts';

/** The paths of the kubelet's `--image-credential-provider-config` and `--image-credential-provider-bin-dir`. */
export interface ProviderFiles {
  readonly config: string;
  readonly binDir: string;
}

/** One valid plugin. */
export interface CredentialProvider {
  readonly name: string;
  readonly program: string;
  /** The version of requests and responses. */
  readonly apiVersion: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly matchImages: readonly string[];
  readonly defaultCacheMilliseconds: number;
}

const strict = { additionalProperties: false } as const;
const VERSIONS = ['v1', 'v1beta1', 'v1alpha1'] as const;
const oneOf = (group: string) => Type.Union(VERSIONS.map((version) => Type.Literal(`${group}/${version}`)));

/** k8s.io/kubelet/config/v1, `CredentialProvider`; rejects unknown fields, as the kubelet does. */
const provider = Type.Object(
  {
    // A single path segment.
    name: Type.String({ pattern: '^(?!\\.{1,2}$)[^/ ]+$' }),
    matchImages: Type.Array(Type.String(), { minItems: 1 }),
    defaultCacheDuration: Type.String(),
    apiVersion: oneOf('credentialprovider.kubelet.k8s.io'),
    args: Type.Optional(Type.Array(Type.String())),
    env: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.String() }, strict))),
    tokenAttributes: Type.Optional(Type.Object({ requireServiceAccount: Type.Boolean() })),
  },
  strict,
);

const providerConfig = Type.Object(
  {
    apiVersion: oneOf('kubelet.config.k8s.io'),
    kind: Type.Literal('CredentialProviderConfig'),
    providers: Type.Array(provider, { minItems: 1 }),
  },
  strict,
);

type ProviderConfig = Static<typeof providerConfig>;
type ProviderEntry = ProviderConfig['providers'][number];

const ADVICE = "Use the kubelet's file: kind CredentialProviderConfig of kubelet.config.k8s.io/v1.";

function invalid(file: string, state: string): AppError<'invalid-configuration'> {
  return new AppError('invalid-configuration', `Cannot use credential providers "${file}": ${state}`, {
    blame: 'input',
    advice: ADVICE,
  });
}

function parseConfig(text: string, file: string): ProviderConfig {
  let document: unknown;
  try {
    // Lower levels print warnings to standard error.
    document = parse(text, { logLevel: 'error', stringKeys: true });
  } catch (error) {
    throw invalid(file, `it is not YAML: ${describeError(error)}`);
  }
  if (Value.Check(providerConfig, document)) return document;
  // The first error of a path is the cause of the others.
  const byPlace = Map.groupBy(Value.Errors(providerConfig, document), ({ instancePath }) => instancePath);
  collectErrors([...byPlace], ([place, [first]]) => {
    throw invalid(file, `${place} ${first?.message ?? 'is invalid'}`.trim());
  });
  throw invalid(file, 'it is not a CredentialProviderConfig');
}

function checkEntry(entry: ProviderEntry, { config, binDir }: ProviderFiles): CredentialProvider {
  const cache = parseDuration(entry.defaultCacheDuration);
  if (cache === null) throw invalid(config, `defaultCacheDuration of "${entry.name}" is not a duration`);
  const odd = entry.matchImages.find((pattern) => parseServerPattern(pattern) === null);
  if (odd !== undefined) throw invalid(config, `"${odd}" in matchImages of "${entry.name}" is not a pattern`);
  return {
    name: entry.name,
    program: join(binDir, entry.name),
    apiVersion: entry.apiVersion,
    args: entry.args ?? [],
    env: Object.fromEntries((entry.env ?? []).map(({ name, value }) => [name, value])),
    matchImages: entry.matchImages,
    defaultCacheMilliseconds: cache,
  };
}

/**
 * A plugin that needs a token of the Pod's ServiceAccount cannot run before the Pod exists. The kubelet also skips it if
 * there is no account.
 */
function needsPod({ tokenAttributes }: ProviderEntry): boolean {
  return tokenAttributes?.requireServiceAccount === true;
}

function checkNames(entries: readonly ProviderEntry[], config: string): void {
  const names = entries.map(({ name }) => name);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  collectErrors([...twice], (name) => {
    throw invalid(config, `provider "${name}" is listed twice`);
  });
}

async function faultOfProgram(program: string, config: string): Promise<AppError | null> {
  try {
    await access(program, constants.X_OK);
    return null;
  } catch (cause) {
    if (isMissing(cause)) return fileError({ path: program, what: 'plugin' }, cause);
    return invalid(config, `${program} is not executable`);
  }
}

/** Loads and checks the plugins. @throws AppError `invalid-configuration` or a `FileErrorCode`, or AggregateError of several */
export async function loadProviders(
  files: ProviderFiles,
  read: typeof readText = readText,
): Promise<readonly CredentialProvider[]> {
  const { config } = files;
  const text = await read({ path: config, what: 'credential providers', advice: ADVICE });
  const entries = parseConfig(text, config).providers;
  checkNames(entries, config);
  const providers = collectErrors(
    entries.filter((entry) => !needsPod(entry)),
    (entry) => checkEntry(entry, files),
  );
  const faults = await Promise.all(providers.map(({ program }) => faultOfProgram(program, config)));
  collectErrors(faults, (fault) => {
    if (fault !== null) throw fault;
  });
  return providers;
}
