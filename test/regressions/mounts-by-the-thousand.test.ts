import { expect, test } from 'vitest';
import { detectWasm } from '../../src/detect/detect-wasm.ts';
import { mountsOf } from '../../src/detect/mounts.ts';
import { openQueries } from '../../src/detect/open-queries.ts';
import { imageFacts } from '../support/image/image-facts.ts';

const PATH = Array.from({ length: 64 }, (_, index) => `/d${index}`).join(':');

function image() {
  const config = { Entrypoint: ['app'], Env: [`PATH=${PATH}`] };
  return imageFacts({ config: { os: 'linux', architecture: 'amd64', config } });
}

function counted(count: number) {
  let reads = 0;
  const volumeMounts = Array.from({ length: count }, (_, index) => ({
    get mountPath() {
      reads += 1;
      return `/m${index}`;
    },
  }));
  return { container: { command: ['app'], volumeMounts }, reads: () => reads };
}

/** 80,000 volumes were compared with each folder of the image's PATH: 1.6 s for one container. */
test('a container is judged with one pass over its volumes', () => {
  const { container, reads } = counted(1_000);
  const facts = image();
  detectWasm(facts, container);
  openQueries(facts, container, 'sign');
  openQueries(facts, container, 'small');
  expect(reads()).toBe(1_000);
});

test('no finding rests on the files of a container with an absurd number of volumes', () => {
  expect(openQueries(image(), counted(1_000).container, 'any')).not.toBeNull();
  expect(openQueries(image(), counted(1_001).container, 'any')).toBeNull();
});

test('any of many volumes can hide a file or create a folder', () => {
  const volumeMounts = Array.from({ length: 500 }, (_, index) => ({ mountPath: `/m${index}/x` }));
  const mounts = mountsOf([...volumeMounts, { mountPath: '/m7/x/below' }, { mountPath: '/m7' }]);
  for (const path of ['/m7', '/m7/a', '/m8/x', '/m8/x/a/b', '/m499/x'])
    expect(mounts.covers(path)).toBe(true);
  for (const path of ['/m', '/m8', '/m8/xy', '/m500/x', '/n']) expect(mounts.covers(path)).toBe(false);
  expect([mounts.liesWithin('/m8'), mounts.liesWithin('/m9/x'), mounts.liesWithin('/m')]).toEqual([
    true,
    false,
    false,
  ]);
});
