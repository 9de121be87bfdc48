import { didYouMean } from '../../lib/nearest-name.ts';
import { CLUSTER_FLAGS } from '../cluster-flags.ts';
import type { Command, ParsedArguments } from '../command.ts';
import { usageError } from '../parse-arguments.ts';
import { CERTS_OUTPUTS, type CertsDeps } from './certs-request.ts';

/** Flags that choose what is read from a cluster. */
const READING_FLAGS = [...CLUSTER_FLAGS.map(({ name }) => name), 'namespace', 'secret'];

const FLAGS: Command['flags'] = [
  ...CLUSTER_FLAGS,
  {
    name: 'secret',
    placeholder: 'NAME',
    description:
      'Secret with the certificate (default: the one of the cert-manager Certificate that the webhook configurations name, else wasmgate-certificates).',
  },
  {
    name: 'namespace',
    short: 'n',
    placeholder: 'NAME',
    description: 'Namespace of the Secret (default: that of the webhooks’ Service).',
  },
  {
    name: 'cert-dir',
    placeholder: 'DIR',
    description: 'Show tls.crt, tls.key and ca.crt of this folder instead, without a cluster.',
  },
  {
    name: 'output',
    short: 'o',
    placeholder: 'FORMAT',
    description: 'Output format (default table). The keys of json are stable.',
    choices: CERTS_OUTPUTS,
  },
];

function checkArguments({ positionals, flags }: ParsedArguments): void {
  const [action, extra] = positionals;
  if (action !== 'show') {
    const found = action === undefined ? '' : `, found "${action}".${didYouMean(action, ['show'])}`;
    throw usageError(`it takes the word show${found}`, 'certs');
  }
  if (extra !== undefined) throw usageError(`certs show takes no more arguments, found "${extra}"`, 'certs');
  const excluded = READING_FLAGS.find((name) => flags.has(name));
  if (flags.has('cert-dir') && excluded !== undefined)
    throw usageError(`--cert-dir reads no cluster, so it excludes --${excluded}`, 'certs');
}

/** @param load called only if the command runs, so that the webhook does not load its dependencies */
export function certsCommand(load: () => Promise<CertsDeps>): Command {
  return {
    name: 'certs',
    summary: 'Show the serving certificate and its CAs, and whether the API server trusts them.',
    positionals: 'show',
    flags: FLAGS,
    examples: [
      {
        command: 'wasmgate certs show',
        explanation: 'Of the cluster that kubectl uses; changes nothing there',
      },
      {
        command: 'wasmgate certs show -o json | jq ".certificates[].daysLeft"',
        explanation: 'For a script: exit code 1 if something must be done, 3 if something could not be read',
      },
      {
        command: 'wasmgate certs show --cert-dir /etc/wasmgate-certificates',
        explanation: 'Of mounted files',
      },
    ],
    suggest: (before) => (before.length === 0 ? [{ value: 'show', about: '' }] : []),
    run: async (input, io) => {
      checkArguments(input);
      const { runCerts } = await import('./run-certs.ts');
      return runCerts(input, io, await load());
    },
  };
}
