import { chartRules } from './chart-rules.ts';
import { dashboardPage } from './dashboard/dashboard.ts';
import { findingsPage } from './findings-page.ts';
import { imagesPage } from './images-page.ts';
import { nodeFindingsPage } from './node-findings-page.ts';
import { referencePage } from './reference-page.ts';
import { valuesSchema } from './values-schema.ts';

/** The files that are generated from the code, by path. */
export const PAGES: readonly (readonly [path: string, write: () => string | Promise<string>])[] = [
  ['src/policy/FINDINGS.md', findingsPage],
  ['src/policy/IMAGES.md', imagesPage],
  ['src/config/REFERENCE.md', referencePage],
  ['test/node/FINDINGS.md', nodeFindingsPage],
  ['manifests/chart/values.schema.json', valuesSchema],
  ['manifests/components/monitoring/dashboard.json', dashboardPage],
  ['manifests/chart/files/dashboard.json', dashboardPage],
  ['manifests/chart/files/rules.yaml', chartRules],
];
