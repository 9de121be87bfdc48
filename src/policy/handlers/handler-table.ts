import { Type, type Static } from 'typebox';
import { HANDLER_PROFILES, type HandlerProfile } from './handler-profiles.ts';
import { releaseOf, splitVersion } from './handler-release.ts';

function trait(description: string) {
  return Type.Optional(Type.Boolean({ description }));
}

/** What the operator knows of a handler and wasmgate cannot see: all but `like` may be left out, and is as there. */
const handlerTraits = Type.Object(
  {
    like: Type.Unsafe<string>(
      Type.Union(
        HANDLER_PROFILES.map(({ name }) => Type.Literal(name)),
        { description: 'The handler that it is a build of, or another name for.' },
      ),
    ),
    title: Type.Optional(
      Type.String({ minLength: 1, description: 'What messages call it, such as "our Spin shim".' }),
    ),
    annotationArrives: trait(
      'For crun: its nodes hand the variant annotation on, so that it is chosen like any other.',
    ),
    unpacksWasiImages: trait(
      'Its nodes unpack images for other platforms than linux, whatever their version of containerd.',
    ),
    exec: trait('Whether probes, hooks and kubectl exec work in all of its containers.'),
    tty: trait('Whether containers with a terminal start.'),
    userNamespaces: trait('Whether Pods with hostUsers: false start.'),
    exitCode: trait('Whether the exit status of Wasm programs is kept.'),
    readOnlyRoot: trait('Whether containers with readOnlyRootFilesystem start.'),
  },
  { additionalProperties: false },
);

export type HandlerTraits = Static<typeof handlerTraits>;

export const handlerSettings = Type.Record(Type.String(), handlerTraits, {
  default: {},
  description:
    'Handlers of RuntimeClasses that wasmgate does not know or takes for something else, by the name that classes use. Those it knows: ' +
    `${HANDLER_PROFILES.map(({ name }) => name).join(', ')}; also with a version, such as spin-v0-15-1. The name "" is the nodes' default runtime, which runs Pods without a class: {"": {like: crun}}.`,
});

export type HandlerSettings = Static<typeof handlerSettings>;

export interface HandlerTable {
  /** By usual name; the operator's in the place of ours. */
  readonly profiles: readonly HandlerProfile[];
  /** Null for handlers that are nobody's business here (`nvidia`, `runsc`, `kata`): never chosen, never refused. */
  readonly profileOf: (handler: string) => HandlerProfile | null;
}

/** The operator's word on the exact name comes first: what it says nothing about, such as the release, stays unknown. */
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

function unless<Value>(
  works: boolean | undefined,
  values: { works: Value; fails: Value; unsaid: Value },
): Value {
  return works === undefined ? values.unsaid : works ? values.works : values.fails;
}

/** The profile that the operator describes. */
function describedBy(name: string, traits: HandlerTraits): HandlerProfile | null {
  const like = BUILT_IN.profileOf(traits.like);
  if (like === null) return null;
  const { exec, tty, userNamespaces, exitCode, readOnlyRoot } = traits;
  return {
    ...like,
    name,
    title: traits.title ?? like.title,
    annotationArrives: traits.annotationArrives ?? like.annotationArrives,
    unpacksForeignTar: traits.unpacksWasiImages ?? like.unpacksForeignTar,
    withoutExec: unless(exec, { works: 'none', fails: 'all', unsaid: like.withoutExec }),
    ttyUnsupported: unless(tty, { works: false, fails: true, unsaid: like.ttyUnsupported }),
    userNamespacesUnsupported: unless(userNamespaces, {
      works: false,
      fails: true,
      unsaid: like.userNamespacesUnsupported,
    }),
    losesExitCode: unless(exitCode, { works: false, fails: true, unsaid: like.losesExitCode }),
    needsWritableRoot: unless(readOnlyRoot, { works: false, fails: true, unsaid: like.needsWritableRoot }),
  };
}

/** Made once for each configuration: a new one takes the place of the old, and is never changed. */
const memo = new WeakMap<HandlerSettings, HandlerTable>();

export function handlerTable({ handlers }: { readonly handlers: HandlerSettings }): HandlerTable {
  const known = memo.get(handlers);
  if (known !== undefined) return known;
  const own = Object.entries(handlers).flatMap(([name, traits]) => describedBy(name, traits) ?? []);
  const table = own.length === 0 ? BUILT_IN : createHandlerTable([...HANDLER_PROFILES, ...own]);
  memo.set(handlers, table);
  return table;
}
