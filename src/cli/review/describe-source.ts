import type { Source } from './report.ts';

/** `Pod default/web`; what has neither namespace nor name, such as the answer to a review, is called by its kind. */
export function describeObject({ kind, namespace, name }: Omit<Source, 'file' | 'document'>): string {
  const path = namespace === '' ? name : `${namespace}/${name}`;
  return path === '' ? kind : `${kind} ${path}`;
}

export function describePlace({ file, document }: Pick<Source, 'file' | 'document'>): string {
  return `${file}, document ${document}`;
}
