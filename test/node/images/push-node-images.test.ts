import { expect, test } from 'vitest';
import { ADMITTED_PODS } from '../suite/findings/admitted-pods.ts';
import { FINDING_EVIDENCE } from '../suite/findings/finding-evidence.ts';
import type { CasePod } from '../suite/findings/node-case.ts';
import { nodeImages } from './push-node-images.ts';

const EMPTY = new Uint8Array();
const NAMES = nodeImages({
  pause: EMPTY,
  busybox: EMPTY,
  hello: EMPTY,
  http: EMPTY,
  exit3: EMPTY,
  big: EMPTY,
  component: EMPTY,
}).map(([name]) => name);

test('has no two images of one name', () => {
  expect(NAMES.filter((name, index) => NAMES.indexOf(name) !== index)).toEqual([]);
});

function imagesOf({ spec }: CasePod): readonly string[] {
  return [...spec.containers, ...(spec.initContainers ?? [])].map(({ image }) => image);
}

test('has the images that Pods of the findings name', () => {
  const cases = Object.values(FINDING_EVIDENCE).flatMap((evidence) =>
    evidence.kind === 'shown' ? evidence.cases : [],
  );
  const named = [
    ...cases.flatMap(({ pod, after }) => [pod, ...(after === undefined ? [] : [after])]),
    ...ADMITTED_PODS.map(({ pod }) => pod),
  ].flatMap(imagesOf);
  const updated = cases.flatMap((each) => (each.kind === 'updated' ? each.image : []));
  const debugged = cases.flatMap((each) => (each.kind === 'debugged' ? each.debug.image : []));
  const absent = new Set([...named, ...updated, ...debugged].filter((name) => !NAMES.includes(name)));
  expect([...absent]).toEqual(['no-such-image']);
});
