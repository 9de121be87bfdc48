import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { assessResult } from '../../src/assess/assess-container.ts';
import { imageFacts, linux } from '../support/image/image-facts.ts';

const MIB = 1024 * 1024;
const IMAGES = 800;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Ten thousand cached images had sixteen verdicts each, on commands of up to 8 KiB: 2 GiB, uncounted. */
test('the memory of verdicts on long commands is bounded, however many images and Pods there are', () => {
  const known = Array.from({ length: IMAGES }, () => imageFacts(linux('/app.wasm')));
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (const facts of known) {
    for (let index = 0; index < 16; index++) {
      const command = [`/${index}`.padEnd(8000, 'x')];
      const container = { name: 'app', image: 'registry.example/app:1', command };
      const visited = { kind: 'main', path: '/spec/containers/0', container } as const;
      assessResult(visited, { kind: 'facts', facts, stale: null, knownSince: 0 });
    }
  }
  collectGarbage();
  expect((process.memoryUsage().heapUsed - before) / MIB).toBeLessThan(30);
  expect(known).toHaveLength(IMAGES);
});
