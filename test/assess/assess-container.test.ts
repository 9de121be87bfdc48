import { expect, test } from 'vitest';
import { assessResult } from '../../src/assess/assess-container.ts';
import { imageFacts, linux } from '../support/image/image-facts.ts';

const VISITED = {
  kind: 'main',
  path: '/spec/containers/0',
  container: { name: 'app', image: 'registry.example/app:1' },
} as const;

test('that an answer is old is handed on, and changes nothing of the verdict', () => {
  const facts = imageFacts(linux('/app.wasm'));
  const stale = { since: 1_700_000_000_000, reason: 'unreachable' } as const;
  const [fresh, old] = [null, stale].map((mark) =>
    assessResult(VISITED, { kind: 'facts', facts, stale: mark, knownSince: 0 }),
  );
  expect([fresh?.stale, old?.stale]).toEqual([null, stale]);
  // The very same: what was decided for one serves for the other.
  expect(old?.verdict).toBe(fresh?.verdict);
});
