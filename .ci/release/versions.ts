import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const VERSION = String.raw`\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?`;

/** A file that repeats the version of package.json, and what stands before it on its line. */
interface Place {
  readonly file: string;
  readonly before: RegExp;
}

const IMAGE_TAG = /\bwasmgate:/;

const PLACES: readonly Place[] = [
  { file: 'manifests/base/deployment.yaml', before: /image: ghcr\.io\/wasmgate\/wasmgate:/ },
  {
    file: 'manifests/components/audit-report/cron-job.yaml',
    before: /image: ghcr\.io\/wasmgate\/wasmgate:/,
  },
  { file: 'README.md', before: IMAGE_TAG },
  { file: 'manifests/README.md', before: IMAGE_TAG },
  { file: 'manifests/README.md', before: /newTag: / },
  { file: 'manifests/chart/Chart.yaml', before: /^version: / },
  { file: 'manifests/chart/Chart.yaml', before: /^appVersion: / },
];

/** Lists the places that do not repeat `version`, such as `README.md: found 0.1.0 instead of 0.2.0`. */
export function findOtherVersions(root: string, version: string): readonly string[] {
  return PLACES.flatMap(({ file, before }) => {
    const path = join(root, file);
    if (!existsSync(path)) return [`${file}: there is no such file`];
    const found = [...readFileSync(path, 'utf8').matchAll(patternOf(before))].map(([, , tag = '']) => tag);
    if (found.length === 0) return [`${file}: found no version after ${before.source}`];
    const others = new Set(found.filter((tag) => tag !== version));
    return [...others].map((tag) => `${file}: found ${tag} instead of ${version}`);
  });
}

/** Writes `version` at every place. */
export function writeVersion(root: string, version: string): void {
  for (const { file, before } of PLACES) {
    const path = join(root, file);
    if (!existsSync(path)) continue;
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replaceAll(
        patternOf(before),
        (_, kept: string, _version, quote: string) => `${kept}${version}${quote}`,
      ),
    );
  }
}

function patternOf(before: RegExp): RegExp {
  return new RegExp(`(${before.source}"?)(${VERSION})("?)`, 'gm');
}
