import { CLUSTER_FLAGS } from '../cluster-flags.ts';
import type { Command, Flag } from '../command.ts';
import { INSPECT_DEFAULTS, INSPECT_OUTPUTS, type InspectDeps } from './inspect-request.ts';

export const FLAGS: readonly Flag[] = [
  {
    name: 'output',
    short: 'o',
    placeholder: 'FORMAT',
    description: `Output format (default ${INSPECT_DEFAULTS.output}). The keys of json and yaml are stable.`,
    choices: INSPECT_OUTPUTS,
  },
  {
    name: 'platform',
    placeholder: 'OS/ARCH',
    description: 'Index entry to inspect (default: the one that nodes pull, linux/amd64, else linux/arm64).',
  },
  {
    name: 'live',
    description:
      'Judge the image for the nodes of the cluster that kubectl uses: which entry they pull, and whether they can. Changes nothing in the cluster.',
  },
  ...CLUSTER_FLAGS,
  {
    name: 'command',
    placeholder: 'WORD',
    description:
      'Judge the image as a Pod with this command would run it. Repeat the flag for each word; the first word decides.',
    repeats: true,
  },
  {
    name: 'username',
    placeholder: 'NAME',
    description: 'Log in as this user, with --password-stdin, and ignore Docker configs.',
  },
  { name: 'password-stdin', description: 'Read the password for --username from standard input.' },
  {
    name: 'docker-config',
    placeholder: 'DIR',
    description:
      'Read logins from config.json in this folder (default: the file REGISTRY_AUTH_FILE, else the folder DOCKER_CONFIG, else ~/.docker and podman’s auth.json).',
  },
  {
    name: 'image-credential-provider-config',
    placeholder: 'FILE',
    description: 'On a node: the kubelet’s CredentialProviderConfig; its plugins also provide logins.',
  },
  {
    name: 'image-credential-provider-bin-dir',
    placeholder: 'DIR',
    description: 'Folder that holds these plugins.',
  },
  {
    name: 'plain-http',
    description: 'Use plain HTTP for the registry; the default for a registry on this machine.',
  },
  {
    name: 'ca-file',
    placeholder: 'FILE',
    description:
      'Trust the certificate authorities in this PEM file as well as the system’s. With it, wasmgate also uses HTTPS for a registry on this machine.',
  },
  {
    name: 'no-peek',
    description:
      'Do not read layers. By default, wasmgate reads up to 256 KiB if manifest and config do not say what the image is.',
  },
  {
    name: 'timeout',
    placeholder: 'DURATION',
    description: `Give up after this time, such as 10s or 1m (default ${INSPECT_DEFAULTS.timeout}).`,
  },
];

/** @param load called only if the command runs, so that the webhook does not load its dependencies */
export function inspectCommand(load: () => Promise<InspectDeps>): Command {
  return {
    name: 'inspect',
    summary: 'Show what an image is, whether nodes can pull it and which handlers can run it.',
    positionals: 'IMAGE | FILE',
    flags: FLAGS,
    examples: [
      { command: 'wasmgate inspect ghcr.io/example/app:1', explanation: 'Using docker’s logins' },
      {
        command: 'wasmgate inspect localhost:5000/app --command /app.wasm -o json',
        explanation: 'As a Pod with this command would run it, for a script',
      },
      {
        command: 'wasmgate inspect ./image.tar',
        explanation:
          'Before a push: an OCI layout (also oci:DIR:TAG), a docker archive (also docker-archive:FILE:NAME) or a .wasm file',
      },
      {
        command: 'wasmgate inspect registry.example/app --username me --password-stdin < password.txt',
        explanation: 'With another login',
      },
    ],
    run: async (input, io) => {
      const { runInspect } = await import('./run-inspect.ts');
      return runInspect(input, io, await load());
    },
  };
}
