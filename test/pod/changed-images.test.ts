import { expect, test } from 'vitest';
import { changedImages } from '../../src/pod/changed-images.ts';
import type { Container, Pod, PodSpec } from '../../src/pod/pod.ts';

function pod(containers: readonly Container[], rest: Partial<PodSpec> = {}): Pod {
  return { metadata: { name: 'p' }, spec: { runtimeClassName: 'wasmtime', containers, ...rest } };
}

function names({ spec }: Pod): readonly string[] {
  return [spec.initContainers, spec.containers, spec.ephemeralContainers].flatMap((list) =>
    (list ?? []).map(({ name, image }) => `${name}=${image}`),
  );
}

const app = { name: 'app', image: 'a:1' };
const proxy = { name: 'proxy', image: 'p:1' };
const init = { name: 'init', image: 'i:1' };
const debug = { name: 'debug', image: 'busybox' };

test.each<[string, Pod, Pod]>([
  ['the same Pod', pod([app, proxy]), pod([app, proxy])],
  ['other fields of a container', pod([app]), pod([{ ...app, resources: { limits: { cpu: '1' } } }])],
  ['null for an empty list', pod([app], { initContainers: null }), pod([app], { initContainers: [] })],
  [
    'a debug container that was there before',
    pod([app], { ephemeralContainers: [debug] }),
    pod([app], { ephemeralContainers: [debug] }),
  ],
])('no image is new: %s', (_case, before, after) => {
  expect(changedImages(before, after)).toBeNull();
});

test.each<[string, Pod, Pod, readonly string[], readonly string[]]>([
  ['of one container', pod([app, proxy]), pod([{ ...app, image: 'a:2' }, proxy]), ['app=a:1'], ['app=a:2']],
  [
    'of an init container',
    pod([app], { initContainers: [init] }),
    pod([app], { initContainers: [{ ...init, image: 'i:2' }] }),
    ['init=i:1'],
    ['init=i:2'],
  ],
  [
    'of a debug container, which is new',
    pod([app]),
    pod([app], { ephemeralContainers: [debug] }),
    [],
    ['debug=busybox'],
  ],
  [
    'of the second debug container',
    pod([app], { ephemeralContainers: [debug] }),
    pod([app], { ephemeralContainers: [debug, { ...debug, name: 'more' }] }),
    [],
    ['more=busybox'],
  ],
])('the image is new %s', (_case, before, after, old, fresh) => {
  const changed = changedImages(before, after);
  expect(changed && names(changed.before)).toEqual(old);
  expect(changed && names(changed.after)).toEqual(fresh);
  expect(changed?.after.spec.runtimeClassName).toBe('wasmtime');
});

test('neither Pod is modified', () => {
  const [before, after] = [pod([app]), pod([{ ...app, image: 'a:2' }])];
  const copies = structuredClone([before, after]);
  changedImages(before, after);
  expect([before, after]).toEqual(copies);
});
