import { AppError } from '../lib/errors.ts';
import type { JsonObject } from '../lib/json.ts';
import { counted, listSome } from '../lib/words.ts';
import { metadataText, resourceName } from '../pod/object-metadata.ts';
import type { GroupKind } from '../pod/workloads.ts';
import type { AuditScope, UnreadableList } from './audit-report.ts';
import { NAMESPACE, POD } from './audited-kinds.ts';
import type { ListedScope, ObjectsPort, ServedKind } from './ports.ts';

/** Lists what an audit covers, and notes what cannot be listed. */
export interface ClusterLists {
  /** Yields the objects of a kind, and whether the user selected them. Owners must be known for all of them. */
  readonly objects: (kind: ServedKind, fields?: string) => AsyncGenerator<Listed>;
  readonly unreadable: () => readonly UnreadableList[];
  /** @throws AppError if the namespace that the user named does not exist */
  readonly checkNamespace: () => Promise<void>;
}

export interface Listed {
  readonly object: JsonObject;
  readonly isSelected: boolean;
}

interface ListDeps {
  readonly objects: ObjectsPort;
  readonly scope: AuditScope;
  readonly signal: AbortSignal;
  /** The namespace to audit if namespaces cannot be listed. */
  readonly ownNamespace: string;
}

type ListOptions = Omit<ListedScope, 'namespace'>;

/** Names listed in a message; there may be thousands. */
const MAX_NAMES = 5;

function failureOf(kind: ServedKind, { message, advice }: AppError): UnreadableList {
  return { what: kind.resource, kinds: [groupKind(kind)], message, advice: advice ?? '' };
}

function groupKind({ group, kind }: ServedKind): GroupKind {
  return { group, kind };
}

/** A kind that the user may not list in the namespaces to audit. */
interface ForbiddenKind {
  readonly kind: ServedKind;
  readonly message: string;
}

/** Joins what one role would grant: without it, all kinds are forbidden. */
function describeForbidden(
  kinds: readonly ForbiddenKind[],
  namespace: string | null,
): readonly UnreadableList[] {
  const [first] = kinds;
  if (first === undefined) return [];
  const names = kinds.map(({ kind }) => resourceName(kind));
  const why = first.message.replace(/^Cannot list [^:]*: /, '');
  const where = namespace === null ? 'all namespaces' : `namespace "${namespace}"`;
  const rights = `--verb=list --resource=${names.join(',')}`;
  return [
    {
      what: names.join(', '),
      kinds: kinds.map(({ kind }) => groupKind(kind)),
      message: `Cannot list ${names.join(', ')} in ${where}: ${why}`,
      advice:
        namespace === null
          ? `Bind a ClusterRole with this right: kubectl create clusterrole wasmgate-audit-lists ${rights}`
          : `Bind a Role with this right: kubectl create role wasmgate-audit-lists -n ${namespace} ${rights}`,
    },
  ];
}

function isForbidden(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'forbidden';
}

/** Describes a selector that the API server rejects: no list of any kind will succeed with it. */
function selectorError({ selector }: ListOptions, { message }: AppError): AppError {
  const why = message.replace(/^Cannot list [^:]*: /, '');
  return new AppError('invalid-selector', `Cannot select by labels "${selector}": ${why}`, {
    blame: 'input',
    advice: 'Such as --selector app=web,tier!=test, or --selector "app in (web, db)".',
  });
}

/** Reports whether a list failed without any harm to others: all but what the user canceled, and bugs. */
function isListError(error: unknown, signal: AbortSignal): error is AppError {
  return error instanceof AppError && !signal.aborted;
}

export function createClusterLists({ objects, scope, signal, ownNamespace }: ListDeps): ClusterLists {
  const unreadable: UnreadableList[] = [];
  /** Kinds that the user may not list in the namespaces to audit. */
  const forbidden: ForbiddenKind[] = [];
  let readable: Promise<readonly string[]> | undefined;

  async function listNamespaces(): Promise<readonly string[]> {
    const names: string[] = [];
    try {
      for await (const page of objects.pages(NAMESPACE, { namespace: null, selector: '' }, signal))
        for (const object of page) names.push(metadataText(object, 'name'));
      return names;
    } catch (error) {
      if (!isForbidden(error)) throw error;
      unreadable.push(failureOf(NAMESPACE, error));
      return [ownNamespace];
    }
  }

  /** Returns the namespaces whose Pods the user may list, one page each. */
  async function findReadable(): Promise<readonly string[]> {
    const [found, closed]: [string[], string[]] = [[], []];
    for (const namespace of await listNamespaces()) {
      try {
        await objects.pages(POD, { namespace, selector: '' }, signal).next();
        found.push(namespace);
      } catch (error) {
        if (!isForbidden(error)) throw error;
        closed.push(namespace);
      }
    }
    if (closed.length > 0)
      unreadable.push({
        what: NAMESPACE.resource,
        kinds: [groupKind(NAMESPACE)],
        message: `Cannot list the Pods of ${counted(closed.length, 'namespace')}, which were left out: ${listSome(closed, MAX_NAMES)}`,
        advice: '',
      });
    return found;
  }

  async function* pagesByNamespace(kind: ServedKind, listed: ListOptions) {
    readable ??= findReadable();
    for (const namespace of await readable) {
      try {
        yield* objects.pages(kind, { namespace, ...listed }, signal);
      } catch (error) {
        if (!isListError(error, signal)) throw error;
        unreadable.push(failureOf(kind, error));
      }
    }
  }

  async function* pages(kind: ServedKind, listed: ListOptions): AsyncGenerator<readonly JsonObject[]> {
    try {
      yield* objects.pages(kind, { namespace: scope.namespace, ...listed }, signal);
    } catch (error) {
      if (!isListError(error, signal)) throw error;
      if (error.code === 'invalid' && listed.selector !== '') throw selectorError(listed, error);
      const { message } = error;
      if (isForbidden(error)) {
        // A selection lists a kind twice.
        if (!forbidden.some((one) => one.kind === kind)) forbidden.push({ kind, message });
        if (scope.namespace === null) yield* pagesByNamespace(kind, listed);
      } else if (!unreadable.some((one) => one.message === message)) unreadable.push(failureOf(kind, error));
    }
  }

  /** Returns the uids of the objects with the labels that the user selected; null for all. */
  async function select(kind: ServedKind, fields: string | undefined): Promise<ReadonlySet<string> | null> {
    if (scope.selector === '') return null;
    const uids = new Set<string>();
    const options = { fields, selector: scope.selector, isMetadataOnly: true };
    for await (const page of pages(kind, options))
      for (const object of page) uids.add(metadataText(object, 'uid'));
    return uids;
  }

  return {
    checkNamespace: async () => {
      const { namespace } = scope;
      if (namespace === null) return;
      const named = { namespace: null, selector: '', fields: `metadata.name=${namespace}` };
      try {
        for await (const page of objects.pages(NAMESPACE, named, signal)) if (page.length > 0) return;
      } catch (error) {
        if (!isListError(error, signal)) throw error;
        return;
      }
      throw new AppError(
        'no-namespace',
        `Cannot audit namespace "${namespace}": there is no such namespace`,
        {
          blame: 'input',
          advice: 'Name one with --namespace, or audit all with --all-namespaces.',
        },
      );
    },
    async *objects(kind, fields) {
      const selected = await select(kind, fields);
      for await (const page of pages(kind, { fields, selector: '' }))
        for (const object of page) {
          const isSelected = selected === null || selected.has(metadataText(object, 'uid'));
          yield { object, isSelected };
        }
    },
    unreadable: () => [...describeForbidden(forbidden, scope.namespace), ...unreadable],
  };
}
