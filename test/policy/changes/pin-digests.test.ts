import jsonPatch from 'fast-json-patch';
import { expect, test } from 'vitest';
import { createPatch } from '../../../src/admission/json-patch.ts';
import type { Container, Pod } from '../../../src/pod/pod.ts';
import { readPod } from '../../../src/pod/pod.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import type { PolicySettings } from '../../../src/policy/settings.ts';
import { imageFacts, linux, SPIN_APP } from '../../support/image/image-facts.ts';
import { cluster, pod, podFacts, runtimeClass, settings, type Known } from '../../support/pod/pods.ts';

const WASM = imageFacts(linux('/app.wasm'));
const SERVER = imageFacts(linux('/server'));
const PACKED = { ...WASM, pull: { ok: false, cause: 'layer-mismatch' } } as const;

const IMAGES: Readonly<Record<string, Known>> = {
  'x/app:1': WASM,
  [`x/app:1@${WASM.digest}`]: WASM,
  app: WASM,
  'x/server:1': SERVER,
  [`x/server:1@${SERVER.digest}`]: SERVER,
  packed: PACKED,
  spin: SPIN_APP,
  away: 'timeout',
};
const VIEW = cluster([runtimeClass('wasmtime')]);

function changesOf(subject: Pod, pinDigests: PolicySettings['pinDigests']) {
  return evaluate(podFacts(subject, IMAGES, VIEW), settings({ pinDigests })).changes;
}

function images(subject: Pod, pinDigests: PolicySettings['pinDigests']): Readonly<Record<string, unknown>> {
  const pinned = changesOf(subject, pinDigests).filter(({ path }) => path.endsWith('/image'));
  expect(pinned.every(({ op }) => op === 'replace')).toBe(true);
  return Object.fromEntries(pinned.map(({ path, value }) => [path, value]));
}

const of = (...containers: readonly Partial<Container>[]): Pod => pod({ containers });
const MIXED = of({ image: 'x/app:1' }, { image: 'x/server:1' });

test.each<[string, Pod, PolicySettings['pinDigests'], Readonly<Record<string, string>>]>([
  ['off by default', MIXED, false, {}],
  ['Wasm containers', MIXED, true, { '/spec/containers/0/image': `x/app:1@${WASM.digest}` }],
  [
    'all containers',
    MIXED,
    'all',
    {
      '/spec/containers/0/image': `x/app:1@${WASM.digest}`,
      '/spec/containers/1/image': `x/server:1@${SERVER.digest}`,
    },
  ],
  [
    'an ordinary Pod, if all',
    of({ image: 'x/server:1' }),
    'all',
    { '/spec/containers/0/image': `x/server:1@${SERVER.digest}` },
  ],
  ['not an ordinary Pod, if Wasm', of({ image: 'x/server:1' }), true, {}],
  ['without a tag', of({ image: 'app' }), true, { '/spec/containers/0/image': `app@${WASM.digest}` }],
  ['not twice', of({ image: `x/app:1@${WASM.digest}` }), true, {}],
  ['not one that cannot be pulled', of({ image: 'packed' }), 'all', {}],
  ['not one that is not known', of({ image: 'away' }), 'all', {}],
  ["not one of the node's own", of({ image: 'x/app:1', imagePullPolicy: 'Never' }), 'all', {}],
  [
    'init containers, too',
    pod({ containers: [{ image: 'x/app:1' }], init: [{ image: 'x/app:1' }] }),
    true,
    {
      '/spec/initContainers/0/image': `x/app:1@${WASM.digest}`,
      '/spec/containers/0/image': `x/app:1@${WASM.digest}`,
    },
  ],
])('%s', (_case, subject, pinDigests, expected) => {
  expect(images(subject, pinDigests)).toEqual(expected);
});

test('pins nothing twice', () => {
  const once = jsonPatch.applyPatch(
    structuredClone(MIXED),
    [...createPatch(MIXED, changesOf(MIXED, 'all'))],
    true,
    false,
  );
  expect(changesOf(readPod(once.newDocument), 'all')).toEqual([]);
});
