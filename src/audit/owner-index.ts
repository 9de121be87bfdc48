import { isObject, property, stringOr, type JsonObject } from '../lib/json.ts';
import { metadataText } from '../pod/object-metadata.ts';
import type { GroupKind } from '../pod/workloads.ts';
import type { AuditSubject } from './audit-report.ts';

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/', 1)[0] ?? '') : '';
}

export function subjectOf(object: JsonObject): AuditSubject {
  return {
    apiVersion: stringOr(property(object, 'apiVersion'), ''),
    kind: stringOr(property(object, 'kind'), ''),
    namespace: metadataText(object, 'namespace'),
    name: metadataText(object, 'name'),
    uid: metadataText(object, 'uid'),
  };
}

/** Returns the object that controls another, as its ownerReference names it; null if there is none. */
export function controllerOf(object: JsonObject): AuditSubject | null {
  const metadata = property(object, 'metadata');
  const owners = isObject(metadata) ? property(metadata, 'ownerReferences') : undefined;
  if (!Array.isArray(owners)) return null;
  const controller: unknown = owners.find(
    (owner) => isObject(owner) && property(owner, 'controller') === true,
  );
  if (!isObject(controller)) return null;
  return {
    apiVersion: stringOr(property(controller, 'apiVersion'), ''),
    kind: stringOr(property(controller, 'kind'), ''),
    namespace: metadataText(object, 'namespace'),
    name: stringOr(property(controller, 'name'), ''),
    uid: stringOr(property(controller, 'uid'), ''),
  };
}

export function groupKindOf({ apiVersion, kind }: AuditSubject): GroupKind {
  return { group: groupOf(apiVersion), kind };
}

/** An ownerReference is its author's text: an object that names a uid of another namespace is not that one's. */
function keyOf({ namespace, uid }: AuditSubject): string {
  return `${namespace}/${uid}`;
}

/** Finds the row of an object by its owners, and by the object itself. */
export interface OwnerIndex<Row> {
  readonly find: (object: AuditSubject) => Row | undefined;
  readonly add: (object: AuditSubject, row: Row) => void;
}

export function createOwnerIndex<Row>(): OwnerIndex<Row> {
  const rows = new Map<string, Row>();
  return {
    find: (object) => rows.get(keyOf(object)),
    add: (object, row) => {
      rows.set(keyOf(object), row);
    },
  };
}
