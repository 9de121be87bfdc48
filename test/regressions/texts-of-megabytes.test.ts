import { expect, test } from 'vitest';
import { describeDenial } from '../../src/admission/describe-warnings.ts';
import { denied, DENIAL_RUNES } from '../../src/admission/response.ts';
import { detectWasm } from '../../src/detect/detect-wasm.ts';
import { expandVariables } from '../../src/detect/expand-variables.ts';
import { chooseChildren } from '../../src/image/choose-children.ts';
import { parseManifest } from '../../src/image/manifest.ts';
import { digestOf, imageFacts } from '../support/image/image-facts.ts';

const LONG = 'x'.repeat(1024 * 1024);

/** A text about an image appears for each of a Pod's 256 containers: a megabyte each exceeded the heap. */
test('the type of an artifact is truncated beyond the length of real types', () => {
  const facts = imageFacts({ artifactType: LONG, configType: LONG, config: {} });
  expect(JSON.stringify(detectWasm(facts)).length).toBeLessThan(2_000);
});

test('an index keeps as many platforms as are listed, each truncated to the length of a name', () => {
  const manifests = Array.from({ length: 2_000 }, (_, index) => ({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: digestOf(String(index)),
    size: 1,
    platform: { os: 'wasi', architecture: `a${index}${'x'.repeat(1_000)}` },
  }));
  const index = parseManifest({ manifests }, 'application/vnd.oci.image.index.v1+json');
  if (index.kind !== 'index') throw new Error('it is an index');
  expect(JSON.stringify(chooseChildren(index, []).platforms).length).toBeLessThan(10_000);
});

test('a denial is built only as far as it is shown', () => {
  let reads = 0;
  const denials = Array.from({ length: 256 }, () => ({
    id: 'image-will-not-pull' as const,
    container: 'app',
    severity: 'error' as const,
    consequence: 'cannot-start' as const,
    action: 'deny' as const,
    advice: 'Mend it.',
    get detail() {
      reads += 1;
      return LONG;
    },
  }));
  const text = describeDenial(denials);
  expect(reads).toBeLessThanOrEqual(33);
  expect(text.length).toBeLessThan(4 * DENIAL_RUNES);
  expect(denied(text)).toMatchObject({ status: { code: 403 } });
});

/** 3 MiB of `y$(a)$(a)`, where a is a path of 4 KiB, became 1.7 GB. */
test('variable references of a container expand up to a bound, and the rest is left to the node', () => {
  const env = [{ name: 'a', value: 'x'.repeat(4_000) }];
  const texts = Array.from({ length: 10_000 }, () => 'y$(a)$(a)');
  const expanded = expandVariables(texts, env);
  const length = expanded.reduce((sum, { text }) => sum + text.length, 0);
  expect(length).toBeLessThan(512 * 1024);
  expect(expanded[0]).toMatchObject({ isOpen: false });
  expect(expanded.at(-1)).toEqual({ text: 'y$(a)$(a)', isOpen: true });
});

test('values that refer to each other expand no further, either', () => {
  const env = [
    { name: 'v', value: 'x'.repeat(4_000) },
    ...Array.from({ length: 10_000 }, (_, index) => ({ name: `v${index}`, value: 'y$(v)$(v)' })),
  ];
  const [first, last] = expandVariables(['$(v0)', '$(v9999)'], env);
  expect(first?.isOpen).toBe(true);
  expect(last?.isOpen).toBe(true);
});
