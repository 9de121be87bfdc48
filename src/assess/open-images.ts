import { openQuestions, type Scope } from '../detect/open-question.ts';
import type { Decision } from '../policy/decision.ts';
import { reasonToLook } from './assess-container.ts';
import type { PodImages, Wanted } from './read-images.ts';

export const NO_IMAGES: Wanted = new Map();

/** Images that hint at Wasm, or are small, and whose file nobody has seen: only the file shows what it wants of its host. */
export function unreadImages({ containers }: PodImages): Wanted {
  let wanted: Map<number, Scope> | undefined;
  for (const [position, { facts, verdict }] of containers.entries()) {
    const reason = facts === null ? null : reasonToLook(verdict);
    if (reason !== null) (wanted ??= new Map()).set(position, reason);
  }
  return wanted ?? NO_IMAGES;
}

/** Before it denies a Pod because of an image that shows no sign of Wasm, wasmgate reads that image's layers. */
export function deniedImages({ containers, judged }: PodImages, { findings }: Decision): Wanted {
  const denied = findings.filter(({ action }) => action === 'deny').map(({ container }) => container);
  if (denied.length === 0) return NO_IMAGES;
  const names = new Set(denied);
  const wanted = new Map<number, Scope>();
  for (const [position, { facts, container }] of containers.entries()) {
    const isDenied = position < judged && names.has(container.name);
    if (isDenied && facts !== null && openQuestions(facts, container, 'any') !== null)
      wanted.set(position, 'any');
  }
  return wanted;
}
