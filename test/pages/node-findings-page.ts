import { FINDING_IDS, type FindingId } from '../../src/policy/finding-catalog.ts';
import { ADMITTED_PODS } from '../node/suite/findings/admitted-pods.ts';
import { FINDING_EVIDENCE } from '../node/suite/findings/finding-evidence.ts';
import { expectedFindings, type NodeCase } from '../node/suite/findings/node-case.ts';

const INTRODUCTION = `# Findings on a real node

\`npm run test:node\` runs these Pods on a real node and checks what the node reports. If the
[finding's explanation](../../src/policy/FINDINGS.md) quotes a message, the node must write the same one. Some findings warn about Pods
that run, but not as their author intended.

- **Pod**: a Pod that has the finding.
- **wasmgate**: what wasmgate does with it, and which other findings it reports. The test starts a denied Pod all the same, in a
  namespace with \`wasmgate.dev/mode: off\`; if the Pod says so, under a class that the test adds. Any other Pod runs as wasmgate
  admits it.
- **The node**: texts that the Pod's status, events and logs must contain. \`app\`, \`side\`, \`module\` and \`debugger\` are containers;
  "app, before" is the previous run of a container that was restarted. "empty log" means that the container printed nothing.

\`npm run pages\` generates this page from the cases in \`suite/findings\`; edit those files instead.
`;

const DECISIONS: Readonly<Record<NodeCase['kind'], string>> = {
  denied: 'denied',
  warned: 'warning',
  rejected: 'warning on the Deployment',
  'daemon-set': 'warning on the DaemonSet',
  updated: 'update denied',
  debugged: 'debug container denied',
};

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

function describeCase({ what, needs, lacks, engine }: NodeCase): string {
  if (lacks !== undefined) return `${what} (only without handler ${lacks})`;
  if (needs === undefined) return what;
  return `${what} (only with handler ${needs}${engine === undefined ? '' : ` and engine ${engine}`})`;
}

function caseRow(id: FindingId, each: NodeCase): string {
  const others = expectedFindings(id, each).filter((other) => other !== id);
  const also = others.length === 0 ? '' : `, with ${others.join(', ')}`;
  const shown = [...new Set([...each.named, ...(each.shows ?? [])])];
  const last = shown.filter((text) => !shown.some((other) => other !== text && other.includes(text)));
  const symptoms = last.map((text) => code(text)).join(' · ');
  return `| [\`${id}\`](../../src/policy/FINDINGS.md#${id}) | ${cell(describeCase(each))} | ${DECISIONS[each.kind]}${also} | ${cell(symptoms)} |`;
}

function shownRows(): readonly string[] {
  return FINDING_IDS.flatMap((id) => {
    const evidence = FINDING_EVIDENCE[id];
    return evidence.kind === 'shown' ? evidence.cases.map((each) => caseRow(id, each)) : [];
  });
}

function otherRows(): readonly string[] {
  return FINDING_IDS.flatMap((id) => {
    const evidence = FINDING_EVIDENCE[id];
    return evidence.kind === 'not-shown'
      ? [`| [\`${id}\`](../../src/policy/FINDINGS.md#${id}) | ${cell(evidence.why)} |`]
      : [];
  });
}

function admittedRows(): readonly string[] {
  return ADMITTED_PODS.map(({ what, runtimeClass }) => `| ${cell(what)} | ${runtimeClass ?? 'none'} |`);
}

/** test/node/FINDINGS.md */
export function nodeFindingsPage(): string {
  const shown = shownRows();
  const others = otherRows();
  const counts = `${FINDING_IDS.length - others.length} of ${FINDING_IDS.length} findings, by ${shown.length} Pods. A run skips those whose condition in parentheses its node does not meet.`;
  return [
    INTRODUCTION.trimEnd(),
    `## Shown on the node\n\n${counts}`,
    ['| Finding | Pod | wasmgate | The node |', '|---|---|---|---|', ...shown].join('\n'),
    '## Not shown',
    ['| Finding | Why |', '|---|---|', ...others].join('\n'),
    '## Pods that wasmgate admits without a warning\n\nThe container `app` of each prints what it should and ends with exit code 0. A Pod with a Wasm layer may restart once.',
    ['| Pod | Class that it gets |', '|---|---|', ...admittedRows()].join('\n'),
  ]
    .join('\n\n')
    .concat('\n');
}
