import type { Change, Decision, RatedFinding } from './decision.ts';

function nameOf({ id, container, action }: RatedFinding): string {
  return `${id} ${container ?? ''} ${action}`;
}

function contentOf({ op, path, value }: Change): string {
  return `${op} ${path} ${JSON.stringify(value)}`;
}

function isSame<Item>(
  left: readonly Item[],
  right: readonly Item[],
  textOf: (item: Item) => string,
): boolean {
  return (
    left.length === right.length && left.every((item, index) => textOf(item) === textOf(right[index] as Item))
  );
}

/** Whether both do the same to a Pod and find the same wrong with it, in whatever words. */
export function isSameDecision(left: Decision, right: Decision): boolean {
  return (
    left.runtimeClass.origin === right.runtimeClass.origin &&
    left.runtimeClass.class?.name === right.runtimeClass.class?.name &&
    isSame(left.findings, right.findings, nameOf) &&
    isSame(left.changes, right.changes, contentOf)
  );
}
