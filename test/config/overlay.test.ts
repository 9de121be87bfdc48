import { expect, test } from 'vitest';
import { overlay } from '../../src/config/presets.ts';

const defaults = { images: { tagSeconds: 300 } };

test.for([
  { name: 'a section with every key commented out', stated: { images: null }, merged: defaults },
  {
    name: 'a key without a value, which the schema rejects',
    stated: { images: { tagSeconds: null } },
    merged: { images: { tagSeconds: null } },
  },
])('$name', ({ stated, merged }) => {
  expect(overlay(defaults, stated)).toEqual(merged);
});
