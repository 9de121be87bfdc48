import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LIMIT_RANGER_ANNOTATION } from '../../../src/pod/names.ts';
import type { ContainerKind } from '../../../src/pod/visit-containers.ts';
import type { ResourceName, Side } from '../../../src/policy/resources/bounds.ts';
import { parseLimitRanger } from '../../../src/policy/resources/current-values.ts';

interface Review {
  readonly request: {
    readonly object: { readonly metadata: { readonly annotations: Record<string, string> } };
  };
}

/** Sent by kube-apiserver 1.36. */
const REVIEW = new URL('../../reviews/09-mutate-create-pod-limit-ranger.json', import.meta.url);
const review = JSON.parse(readFileSync(REVIEW, 'utf8')) as Review;
const real = parseLimitRanger(review.request.object.metadata.annotations[LIMIT_RANGER_ANNOTATION]);

describe('a real annotation', () => {
  test.each<[string, ContainerKind, string, Side, ResourceName, boolean]>([
    ['all values of a container that sets none', 'main', 'app', 'limits', 'memory', true],
    ['requests of such a container', 'main', 'app', 'requests', 'cpu', true],
    ['no limit that the user set', 'main', 'own-memory', 'limits', 'memory', false],
    ['no request copied from such a limit', 'main', 'own-memory', 'requests', 'memory', false],
    ['the other resource of the same container', 'main', 'own-memory', 'limits', 'cpu', true],
    ['init containers', 'init', 'init', 'limits', 'cpu', true],
    ['native sidecars, which it calls init containers', 'sidecar', 'sidecar', 'requests', 'memory', true],
    ["no main container of an init container's name", 'main', 'init', 'limits', 'cpu', false],
    ['no container that it does not list', 'main', 'other', 'limits', 'cpu', false],
  ])('names %s', (_case, kind, name, side, resource, expected) => {
    expect(real.has({ kind, name }, { side, resource })).toBe(expected);
  });
});

describe('any other annotation names no value', () => {
  test.each([
    ['absent', undefined],
    ['empty', ''],
    ['another plugin', 'SomeOther plugin set: cpu request for container app'],
    ['no clause', 'LimitRanger plugin set: '],
    ['garbage', 'LimitRanger plugin set: ;;; cpu for; request for container app'],
    ['another side', 'LimitRanger plugin set: cpu quota for container app'],
  ])('%s', (_case, text) => {
    const parsed = parseLimitRanger(text);
    expect(parsed.has({ kind: 'main', name: 'app' }, { side: 'requests', resource: 'cpu' })).toBe(false);
  });
});
