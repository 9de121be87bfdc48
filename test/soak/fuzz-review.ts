import { randomUUID } from 'node:crypto';
import { readReview, REVIEW_FILES } from '../support/admission/reviews.ts';
import type { Dice } from './dice.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface FuzzedReview {
  readonly path: '/mutate' | '/validate';
  readonly uid: string;
  readonly review: { readonly request: { uid: string; object: Json } };
}

const DEFAULTS = {
  /** The most changes to one review. */
  changes: 3,
  /** One review in this many is about an image that wasmgate has not seen. */
  newImageIn: 20,
  /** The greatest depth of a change. */
  depth: 8,
} as const;

/** Classes of the cluster. */
export const NAMESPACES: readonly string[] = Array.from({ length: 16 }, (_, index) => `team-${index}`);

/** Values that people and other webhooks put in the wrong place. */
const ODD: readonly Json[] = [
  null,
  '',
  'x',
  'Always',
  'wasmtime',
  '100Mi',
  '-1',
  '$(VAR) $$(VAR)',
  '/app.wasm',
  '../../app.wasm',
  '\u0000\u001b[31m',
  'ü'.repeat(300),
  true,
  0,
  -1,
  1e300,
  [],
  [null],
  {},
  { name: 'x', image: 'x' },
  { 'module.wasm.image/variant': 'compat' },
  ['/app.wasm', '--flag'],
];

const REVIEWS = REVIEW_FILES.map((file) => ({ file, text: JSON.stringify(readReview(file)) }));

function isBranch(value: Json | undefined): value is Json[] | { [key: string]: Json } {
  return typeof value === 'object' && value !== null;
}

/** Changes one value at a random place. */
function change(root: Json, dice: Dice): void {
  let parent = root;
  for (let depth = 0; depth < DEFAULTS.depth && isBranch(parent); depth += 1) {
    const key = dice.pick(Object.keys(parent));
    if (key === undefined) return;
    const branch = parent as { [key: string]: Json };
    const child = branch[key];
    if (isBranch(child) && !dice.oneIn(4)) {
      parent = child;
      continue;
    }
    if (Array.isArray(parent) && dice.oneIn(3)) parent.push(structuredClone(child ?? null));
    else if (!Array.isArray(parent) && dice.oneIn(3)) Reflect.deleteProperty(branch, key);
    else branch[key] = structuredClone(dice.pick(ODD) ?? null);
    return;
  }
}

interface Container {
  image?: Json;
}

/** @param image the name of one, new to wasmgate or not */
export function fuzzReview(dice: Dice, image: (isNew: boolean) => string): FuzzedReview {
  const { file, text } = dice.pick(REVIEWS) ?? { file: '', text: '{}' };
  const review = JSON.parse(text) as FuzzedReview['review'] & {
    request: { namespace: string; object: { spec?: { containers?: Container[] } } };
  };
  const { request } = review;
  const uid = randomUUID();
  request.uid = uid;
  request.namespace = dice.pick(NAMESPACES) ?? '';
  for (const container of request.object.spec?.containers ?? [])
    container.image = image(dice.oneIn(DEFAULTS.newImageIn));
  for (let count = dice.roll(DEFAULTS.changes + 1); count > 0; count -= 1) change(request.object, dice);
  return { path: file.includes('mutate') ? '/mutate' : '/validate', uid, review };
}
