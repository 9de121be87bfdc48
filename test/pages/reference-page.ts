import type { ConfigurationKey } from '../../src/cli/command.ts';
import { configurations } from '../../src/wire/settings.ts';

const INTRODUCTION = `# Configuration

One YAML file, named by \`wasmgate serve --config FILE\`; in a cluster it is the ConfigMap of the manifests. Every key has a
default, or may be left out. Unknown keys and wrong values are refused, all at once, each with its line.

- \`wasmgate config defaults\` prints the whole file to begin with.
- \`wasmgate config check FILE\` tells every problem of a file, and of the files that it names.
- \`wasmgate config schema\` prints its JSON Schema for editors.

While \`wasmgate serve\` runs, a changed file is read again: \`policy\` applies to the next admission; the other sections need
a restart, and the log says so. A file with problems is told in the log, and what was read before stays.

This page is written by \`npm run pages\` from the settings of the code; change it there.
`;

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

function code(text: string): string {
  return `\`${cell(text)}\``;
}

function row({ path, type, default: byDefault, description }: ConfigurationKey): string {
  const cells = [code(path), code(type), byDefault === null ? '' : code(byDefault), cell(description)];
  return `| ${cells.join(' | ')} |`;
}

/** src/config/REFERENCE.md */
export function referencePage(): string {
  const keys = configurations.keys();
  const head = ['| key | takes | default | what for |', '|---|---|---|---|'];
  return `${INTRODUCTION}\n${[...head, ...keys.map(row)].join('\n')}\n`;
}
