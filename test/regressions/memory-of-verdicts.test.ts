import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { assessAnswered } from '../../src/assess/assess-container.ts';
import { imageFacts, linux } from '../support/image/image-facts.ts';

const MIB = 1024 * 1024;
const IMAGES = 800;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Ten thousand images are remembered, and of each had sixteen verdicts of any 8 KiB of command: 2 GiB, and none was counted. */
test('the memory of verdicts on long commands is bounded, however many images and Pods there are', () => {
  const known = Array.from({ length: IMAGES }, () => imageFacts(linux('/app.wasm')));
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (const facts of known) {
    for (let index = 0; index < 16; index++) {
      const command = [`/${index}`.padEnd(8000, 'x')];
      const container = { name: 'app', image: 'registry.example/app:1', command };
      const visited = { kind: 'main', path: '/spec/containers/0', container } as const;
      assessAnswered(visited, { kind: 'facts', facts, stale: null, knownSince: 0 });
    }
  }
  collectGarbage();
  expect((process.memoryUsage().heapUsed - before) / MIB).toBeLessThan(30);
  expect(known).toHaveLength(IMAGES);
});
