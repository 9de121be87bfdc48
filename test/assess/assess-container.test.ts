import { expect, test } from 'vitest';
import { assessResult } from '../../src/assess/assess-container.ts';
import { imageFacts, linux } from '../support/image/image-facts.ts';

const VISITED = {
  kind: 'main',
  path: '/spec/containers/0',
  container: { name: 'app', image: 'registry.example/app:1' },
} as const;

test('staleness is passed on, and does not affect the verdict', () => {
  const facts = imageFacts(linux('/app.wasm'));
  const stale = { since: 1_700_000_000_000, reason: 'unreachable' } as const;
  const [fresh, old] = [null, stale].map((mark) =>
    assessResult(VISITED, { kind: 'facts', facts, stale: mark, knownSince: 0 }),
  );
  expect([fresh?.stale, old?.stale]).toEqual([null, stale]);
  // The same object, so that both share a cached decision.
  expect(old?.verdict).toBe(fresh?.verdict);
});
