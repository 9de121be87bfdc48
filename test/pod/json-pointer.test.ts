import { expect, test } from 'vitest';
import { formatField } from '../../src/pod/json-pointer.ts';

test.each([
  ['/spec/runtimeClassName', 'spec.runtimeClassName'],
  ['/spec/containers/0/resources', 'spec.containers[0].resources'],
  ['/metadata/annotations/module.wasm.image~1variant', 'metadata.annotations["module.wasm.image/variant"]'],
  ['/spec/tolerations/-', 'spec.tolerations'],
])('%s is the field %s', (pointer, field) => {
  expect(formatField(pointer)).toBe(field);
});
