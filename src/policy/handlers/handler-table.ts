import { Type, type Static } from 'typebox';
import { oncePer } from '../../lib/once-per.ts';
import { HANDLER_PROFILES, type HandlerProfile } from './handler-profiles.ts';
import { releaseOf, splitVersion } from './handler-release.ts';

function trait(description: string) {
  return Type.Optional(Type.Boolean({ description }));
}

/** What the operator knows about a handler and wasmgate cannot see. All but `like` are optional and default to its traits. */
const handlerTraits = Type.Object(
  {
    like: Type.Unsafe<string>(
      Type.Union(
        HANDLER_PROFILES.map(({ name }) => Type.Literal(name)),
        { description: 'The known handler of which this one is a build or an alias.' },
      ),
    ),
    title: Type.Optional(
      Type.String({ minLength: 1, description: 'Its name in messages, such as "our Spin shim".' }),
    ),
    annotationArrives: trait(
      'For crun: its nodes pass the variant annotation on, so wasmgate chooses it like any other handler.',
    ),
    unpacksWasiImages: trait(
      'Its nodes unpack images for platforms other than linux, whatever their containerd version.',
    ),
    exec: trait('Probes, hooks and kubectl exec work in all of its containers.'),
    tty: trait('Containers with a terminal start.'),
    userNamespaces: trait('Pods with hostUsers: false start.'),
    exitCode: trait('The exit status of Wasm programs is kept.'),
    readOnlyRoot: trait('Containers with readOnlyRootFilesystem start.'),
  },
  { additionalProperties: false },
);

export type HandlerTraits = Static<typeof handlerTraits>;

export const handlerSettings = Type.Record(Type.String(), handlerTraits, {
  default: {},
  description:
    'Handlers of RuntimeClasses that wasmgate does not know or misjudges, by the name that classes use. Known handlers: ' +
    `${HANDLER_PROFILES.map(({ name }) => name).join(', ')}; also with a version, such as spin-v0-15-1. The name "" stands for the nodes' default runtime, which runs Pods without a class: {"": {like: crun}}.`,
});

export type HandlerSettings = Static<typeof handlerSettings>;

export interface HandlerTable {
  /** An operator's profile replaces the built-in one of the same name. */
  readonly profiles: readonly HandlerProfile[];
  /** Null for unknown handlers (`nvidia`, `runsc`, `kata`), which wasmgate never chooses and never denies. */
  readonly profileOf: (handler: string) => HandlerProfile | null;
}

/** Looks up the operator's profile of the exact name first. Its release, which the operator does not describe, stays unknown. */
function lookUp(byName: ReadonlyMap<string, HandlerProfile>, handler: string): HandlerProfile | null {
  const exact = byName.get(handler);
  if (exact !== undefined) return exact;
  const { stem, version } = splitVersion(handler);
  const found = version === null ? undefined : byName.get(stem);
  if (found === undefined || version === null) return null;
  return { ...found, release: releaseOf(version, found.releases) };
}

function createHandlerTable(profiles: readonly HandlerProfile[]): HandlerTable {
  const byName = new Map(profiles.map((profile) => [profile.name, profile]));
  return {
    profiles: [...byName.values()],
    profileOf: (handler) => lookUp(byName, handler),
  };
}

export const BUILT_IN = createHandlerTable(HANDLER_PROFILES);

function negated(works: boolean | undefined, fallback: boolean): boolean {
  return works === undefined ? fallback : !works;
}

/** Returns the profile that the operator describes. */
function profileFrom(name: string, traits: HandlerTraits): HandlerProfile | null {
  const like = BUILT_IN.profileOf(traits.like);
  if (like === null) return null;
  const { exec, tty, userNamespaces, exitCode, readOnlyRoot } = traits;
  return {
    ...like,
    name,
    title: traits.title ?? like.title,
    annotationArrives: traits.annotationArrives ?? like.annotationArrives,
    unpacksForeignTar: traits.unpacksWasiImages ?? like.unpacksForeignTar,
    withoutExec: exec === undefined ? like.withoutExec : exec ? 'none' : 'all',
    ttyUnsupported: negated(tty, like.ttyUnsupported),
    userNamespacesUnsupported: negated(userNamespaces, like.userNamespacesUnsupported),
    losesExitCode: negated(exitCode, like.losesExitCode),
    needsWritableRoot: negated(readOnlyRoot, like.needsWritableRoot),
  };
}

/** Cached for each configuration, which is replaced and never changed. */
const tableOf = oncePer((handlers: HandlerSettings): HandlerTable => {
  const own = Object.entries(handlers).flatMap(([name, traits]) => profileFrom(name, traits) ?? []);
  return own.length === 0 ? BUILT_IN : createHandlerTable([...HANDLER_PROFILES, ...own]);
});

export function handlerTable({ handlers }: { readonly handlers: HandlerSettings }): HandlerTable {
  return tableOf(handlers);
}
