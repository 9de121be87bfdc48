import { readFile } from 'node:fs/promises';
import { waitFor } from '../lib/processes.ts';

interface AuditEvent {
  readonly objectRef?: { readonly namespace?: string; readonly resource?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Returns the audit annotations of every request about Pods of a namespace, in order. Waits for the first entry. */
export async function podAuditAnnotations(
  auditLog: string,
  namespace: string,
): Promise<readonly Readonly<Record<string, string>>[]> {
  const what = `the audit of a Pod in ${namespace}`;
  const events = await waitFor(
    async () => {
      // The last line may be incomplete.
      const lines = (await readFile(auditLog, 'utf8')).split('\n').slice(0, -1);
      const found = lines
        .map((line) => JSON.parse(line) as AuditEvent)
        .filter(({ objectRef }) => objectRef?.namespace === namespace && objectRef.resource === 'pods');
      return found.length > 0 && found;
    },
    { what, seconds: 120 },
  );
  return events.map(({ annotations }) => annotations ?? {});
}

/** Returns which webhook the API server called in each round, and whether it changed the Pod. */
export function mutations(annotations: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(annotations)
    .flatMap(([key, value]) => {
      const [, round] = /^mutation\.webhook\.admission\.k8s\.io\/round_(\d+)_index_\d+$/.exec(key) ?? [];
      if (round === undefined) return [];
      const { webhook, mutated } = JSON.parse(value) as { webhook: string; mutated: boolean };
      return [`round ${round}: ${webhook} ${mutated ? 'changed' : 'left'} it`];
    })
    .toSorted();
}
