// The form is that of https://keepachangelog.com.

const NEXT = '## [Unreleased]';

interface Section {
  readonly heading: string;
  readonly body: string;
}

/** Returns the text of a version's section; null if there is no such section, or nothing in it. */
export function changesOf(changelog: string, version: string): string | null {
  const section = sectionsOf(changelog).find(({ heading }) => heading.startsWith(`## [${version}]`));
  return section === undefined || section.body === '' ? null : section.body;
}

/**
 * Turns the section "Unreleased" into that of a version.
 * @throws Error if it lists no changes, or the version has a section already
 */
export function closeUnreleased(changelog: string, version: string, date: string): string {
  if (sectionsOf(changelog).some(({ heading }) => heading.startsWith(`## [${version}]`))) {
    throw new Error(`the changelog has a section for ${version} already`);
  }
  if (changesOf(changelog, 'Unreleased') === null) {
    throw new Error('the changelog lists no changes under "Unreleased"');
  }
  return changelog.replace(NEXT, `${NEXT}\n\n## [${version}] - ${date}`);
}

function sectionsOf(changelog: string): readonly Section[] {
  return changelog
    .split(/^(?=## )/m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf('\n');
      return { heading: text.slice(0, end), body: text.slice(end).trim() };
    });
}
