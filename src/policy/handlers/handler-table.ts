import { HANDLER_PROFILES, type HandlerProfile } from './handler-profiles.ts';
import { releaseOf, splitVersion } from './handler-release.ts';
import type { HandlerSettings, HandlerTraits } from './handler-settings.ts';

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
