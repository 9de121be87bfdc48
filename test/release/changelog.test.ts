import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changesOf, closeUnreleased } from '../../.ci/release/changelog.ts';
import packageJson from '../../package.json' with { type: 'json' };

const CHANGELOG = join(import.meta.dirname, '..', '..', 'manifests', 'CHANGELOG.md');

const TEXT = `# Changelog

## [Unreleased]

### Added

- A chart.

## [0.1.0] - 2026-11-29

- The first version.

## [0.0.1] - 2026-11-01
`;

describe('changesOf', () => {
  test('returns the text of a section', () => {
    expect(changesOf(TEXT, '0.1.0')).toBe('- The first version.');
  });

  test.each(['0.2.0', '0.0.1', '0.1'])(
    'returns null for %s, which has no section or an empty one',
    (version) => {
      expect(changesOf(TEXT, version)).toBeNull();
    },
  );
});

describe('closeUnreleased', () => {
  test('gives the changes to the version and leaves an empty section', () => {
    const closed = closeUnreleased(TEXT, '0.2.0', '2026-12-24');
    expect(closed).toContain('## [Unreleased]\n\n## [0.2.0] - 2026-12-24\n\n### Added\n\n- A chart.\n');
    expect(changesOf(closed, '0.2.0')).toBe('### Added\n\n- A chart.');
    expect(changesOf(closed, 'Unreleased')).toBeNull();
  });

  test('rejects a version without changes, and one that is there', () => {
    const closed = closeUnreleased(TEXT, '0.2.0', '2026-12-24');
    expect(() => closeUnreleased(closed, '0.3.0', '2026-12-25')).toThrow(
      'lists no changes under "Unreleased"',
    );
    expect(() => closeUnreleased(TEXT, '0.1.0', '2026-12-24')).toThrow('has a section for 0.1.0 already');
  });
});

test('the changelog has the current version', () => {
  expect(changesOf(readFileSync(CHANGELOG, 'utf8'), packageJson.version)).not.toBeNull();
});
