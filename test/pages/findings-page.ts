import type { Explanation } from '../../src/policy/check.ts';
import type { Action } from '../../src/policy/decision.ts';
import { explanations } from '../../src/policy/explanations.ts';
import { severityOf } from '../../src/policy/finding-catalog.ts';
import { defaultActionOf } from '../../src/policy/rate-findings.ts';

const CONSEQUENCES: Readonly<Record<Action, string>> = {
  deny: 'refused',
  warn: 'told as a warning',
  ignore: 'not told',
};

const INTRODUCTION = `# Findings

What wasmgate may say of a Pod. \`wasmgate explain <finding>\` tells the same in the terminal. Which handlers run which
images: [images](IMAGES.md).

This page is written by \`npm run pages\` from the rules in this folder; change it there.
`;

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

function overview(findings: readonly Explanation[]): string {
  const rows = findings.map(
    ({ id, example }) =>
      `| [\`${id}\`](#${id}) | ${severityOf(id)} | ${CONSEQUENCES[defaultActionOf(id)]} | ${cell(example)} |`,
  );
  return ['| finding | severity | by default | for example |', '|---|---|---|---|', ...rows].join('\n');
}

function section({ id, why, reads, allows, example, cure }: Explanation): string {
  const manifest = `../../manifests/examples/findings/${id}.yaml`;
  return [
    `## ${id}`,
    why,
    `**For example:** ${example} ([manifest](${manifest}))`,
    `**Cure:** ${cure}`,
    `**Looks at:** ${reads}`,
    `**Lets through:** ${allows}`,
    `**Severity:** ${severityOf(id)}; by default ${CONSEQUENCES[defaultActionOf(id)]}.`,
  ].join('\n\n');
}

/** src/policy/FINDINGS.md */
export function findingsPage(): string {
  return `${[INTRODUCTION.trimEnd(), overview(explanations), ...explanations.map(section)].join('\n\n')}\n`;
}
