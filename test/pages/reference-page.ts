import type { ConfigurationKey } from '../../src/cli/command.ts';
import { configurations } from '../../src/wire/settings.ts';

const INTRODUCTION = `# Configuration

wasmgate reads one YAML file, named by \`wasmgate serve --config FILE\`. In a cluster, it is the ConfigMap of the manifests.
Every key has a default or is optional. wasmgate rejects unknown keys and wrong values, and reports all problems at once, each
with its line.

- \`wasmgate config defaults\` prints a complete file to start from.
- \`wasmgate config check FILE\` reports every problem in a file, and in the files that it names.
- \`wasmgate config schema\` prints the JSON Schema for editors.

While \`wasmgate serve\` runs, it reads the file and all files that it names every five seconds. What has changed applies to the
next admission; only keys of \`server\` need a restart, which the log says. If anything is invalid, wasmgate keeps the old
configuration and logs the problems once. When everything is valid again, it logs that, too.

\`npm run pages\` generates this page from the settings in the code; change it there.
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
