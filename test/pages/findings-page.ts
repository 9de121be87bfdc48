import type { Explanation } from '../../src/policy/check.ts';
import { explanations } from '../../src/policy/checks/index.ts';
import type { Action } from '../../src/policy/decision.ts';
import { severityOf } from '../../src/policy/finding-catalog.ts';
import { defaultActionOf } from '../../src/policy/rate-findings.ts';

const CONSEQUENCES: Readonly<Record<Action, string>> = {
  deny: 'denied',
  warn: 'warning',
  ignore: 'off',
};

const INTRODUCTION = `# Findings

What wasmgate can report about a Pod. \`wasmgate explain <finding>\` shows the same in the terminal. [Images](IMAGES.md) lists
which handlers run which images.

Do not edit this page: \`npm run pages\` generates it from the rules in this folder.
`;

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

function overview(findings: readonly Explanation[]): string {
  const rows = findings.map(
    ({ id, example }) =>
      `| [\`${id}\`](#${id}) | ${severityOf(id)} | ${CONSEQUENCES[defaultActionOf(id)]} | ${cell(example)} |`,
  );
  return ['| Finding | Severity | Default | Example |', '|---|---|---|---|', ...rows].join('\n');
}

function section({ id, why, checks, exempts, example, fix }: Explanation): string {
  const manifest = `../../manifests/examples/findings/${id}.yaml`;
  return [
    `## ${id}`,
    why,
    `**Example:** ${example} ([manifest](${manifest}))`,
    `**Fix:** ${fix}`,
    `**Checks:** ${checks}`,
    `**Does not apply to:** ${exempts}`,
    `**Severity:** ${severityOf(id)}; ${CONSEQUENCES[defaultActionOf(id)]} by default.`,
  ].join('\n\n');
}

/** src/policy/FINDINGS.md */
export function findingsPage(): string {
  return `${[INTRODUCTION.trimEnd(), overview(explanations), ...explanations.map(section)].join('\n\n')}\n`;
}
