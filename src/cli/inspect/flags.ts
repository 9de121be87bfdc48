import type { Flag } from '../command.ts';

export const OUTPUTS = ['table', 'json', 'yaml'] as const;
export type OutputFormat = (typeof OUTPUTS)[number];

export const DEFAULTS = {
  /** Two to six requests: what a slow registry needs for them, and nobody waits longer at a prompt. */
  timeout: '30s',
  /** Longer ones overflow Node's timers, and are no time anybody waits at a prompt. */
  longestTimeout: '24h',
  output: 'table',
} as const satisfies Readonly<Record<string, string>> & { readonly output: OutputFormat };

export const FLAGS: readonly Flag[] = [
  {
    name: 'output',
    short: 'o',
    placeholder: 'FORMAT',
    description: `How to print; ${DEFAULTS.output} unless told. The keys of json and yaml are kept stable.`,
    choices: OUTPUTS,
  },
  {
    name: 'platform',
    placeholder: 'OS/ARCH',
    description:
      'Which entry of an index to look at. Unless told, the one that nodes take: linux/amd64, else linux/arm64.',
  },
  {
    name: 'live',
    description:
      'Judge the image for the nodes of the cluster of the kubeconfig: which entry they take, and whether they can pull it. Nothing is changed there.',
  },
  {
    name: 'kubeconfig',
    placeholder: 'FILE',
    description: 'For --live; else the first file of KUBECONFIG, else ~/.kube/config.',
  },
  {
    name: 'command',
    placeholder: 'WORD',
    description:
      "Judge the image as a Pod with this command would run it. Given several times: the command's words in order, of which the first one decides.",
    repeats: true,
  },
  {
    name: 'username',
    placeholder: 'NAME',
    description: 'Log in as this user, with --password-stdin, and look into no docker config.',
  },
  { name: 'password-stdin', description: 'Read the password of --username from standard input.' },
  {
    name: 'docker-config',
    placeholder: 'DIR',
    description:
      'Take logins from config.json in this folder. Unless told: the file REGISTRY_AUTH_FILE, else the folder DOCKER_CONFIG, else ~/.docker and podman’s auth.json.',
  },
  {
    name: 'image-credential-provider-config',
    placeholder: 'FILE',
    description:
      "On a node: the kubelet's CredentialProviderConfig, whose plugins are asked for a login, too.",
  },
  {
    name: 'image-credential-provider-bin-dir',
    placeholder: 'DIR',
    description: 'Where these plugins are.',
  },
  {
    name: 'plain-http',
    description: 'Speak plain http to the registry. To one on this machine that is so without the flag.',
  },
  {
    name: 'ca-file',
    placeholder: 'FILE',
    description:
      'Trust the certificate authorities in this PEM file beside the system’s. A registry on this machine is then spoken to by https.',
  },
  {
    name: 'no-peek',
    description:
      'Do not look inside the layers where manifest and config leave open what the image is; at most 256 KiB are read for that.',
  },
  {
    name: 'timeout',
    placeholder: 'DURATION',
    description: `Give up after this time, such as 10s or 1m; ${DEFAULTS.timeout} unless told.`,
  },
];
