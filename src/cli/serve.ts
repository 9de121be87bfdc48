import type { Command, ConfigurationKey, Flag, ParsedArguments, ExitCode } from './command.ts';
import type { Io } from './io.ts';
import { flagText, usageError } from './parse-arguments.ts';

/** Flags of the command line, which win over the configuration file. */
export interface ServeFlags {
  readonly config: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Port for metrics over plain HTTP. */
  readonly metricsPort: number | undefined;
  /** Folder of a mounted Secret with the certificate, used instead of the one that wasmgate keeps in the cluster. */
  readonly certDir: string | undefined;
  /** Folder for certificates that wasmgate issues itself, outside of a cluster. */
  readonly developmentCertificates: string | undefined;
  readonly logLevel: string | undefined;
  readonly logFormat: string | undefined;
}

export interface ServeDeps {
  /**
   * Serves until the process gets a signal.
   * @throws AppError if it cannot start
   */
  readonly serve: (flags: ServeFlags, io: Io) => Promise<ExitCode>;
  readonly configurationKeys: () => readonly ConfigurationKey[];
  readonly logLevels: readonly string[];
  readonly logFormats: readonly string[];
}

const HIGHEST_PORT = 65_535;

function readPort(input: ParsedArguments, flag: 'port' | 'metrics-port'): number | undefined {
  const text = flagText(input, flag);
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= HIGHEST_PORT) return port;
  throw usageError(`flag --${flag} takes a number from 0 to ${HIGHEST_PORT}, found "${text}"`, 'serve');
}

function readFlags(input: ParsedArguments): ServeFlags {
  const certDir = flagText(input, 'cert-dir');
  const developmentCertificates = flagText(input, 'development-certificates');
  if (certDir !== undefined && developmentCertificates !== undefined)
    throw usageError('--cert-dir and --development-certificates exclude each other', 'serve');
  return {
    config: flagText(input, 'config'),
    kubeconfig: flagText(input, 'kubeconfig'),
    host: flagText(input, 'host'),
    port: readPort(input, 'port'),
    metricsPort: readPort(input, 'metrics-port'),
    certDir,
    developmentCertificates,
    logLevel: flagText(input, 'log-level'),
    logFormat: flagText(input, 'log-format'),
  };
}

function describeFlags({ logLevels, logFormats }: ServeDeps): readonly Flag[] {
  return [
    { name: 'config', placeholder: 'FILE', description: 'Configuration file. Every key has a default.' },
    {
      name: 'kubeconfig',
      placeholder: 'FILE',
      description: 'Kubeconfig for the cluster (default inside a cluster: the service account).',
    },
    { name: 'host', placeholder: 'ADDRESS', description: 'Address to listen on; overrides server.host.' },
    { name: 'port', placeholder: 'NUMBER', description: 'Port to listen on; overrides server.port.' },
    {
      name: 'metrics-port',
      placeholder: 'NUMBER',
      description: 'Port for metrics over plain HTTP; overrides server.metricsPort.',
    },
    {
      name: 'cert-dir',
      placeholder: 'DIR',
      description:
        'Serve the certificate in this folder (tls.crt, tls.key, perhaps ca.crt: a mounted Secret, such as cert-manager’s) instead of one that wasmgate keeps in the cluster. Changed files take effect within seconds; wasmgate writes neither certificates nor caBundle.',
    },
    {
      name: 'development-certificates',
      placeholder: 'DIR',
      description:
        'On your machine: serve certificates for localhost from this folder; wasmgate issues missing ones.',
    },
    {
      name: 'log-level',
      placeholder: 'LEVEL',
      description: 'Log level; overrides log.level.',
      choices: logLevels,
    },
    {
      name: 'log-format',
      placeholder: 'FORMAT',
      description: 'Log format; overrides log.format.',
      choices: logFormats,
    },
  ];
}

export function serveCommand(deps: ServeDeps): Command {
  return {
    name: 'serve',
    summary: 'Serve the admission webhook over HTTPS.',
    flags: describeFlags(deps),
    examples: [
      { command: 'wasmgate serve', explanation: 'In a Pod, as in the manifests' },
      {
        command: 'wasmgate serve --kubeconfig ~/.kube/config --development-certificates certs',
        explanation: 'On your machine, for development',
      },
      {
        command: 'wasmgate serve --config wasmgate.yaml --log-level debug',
        explanation: 'With your own configuration, logging every admission',
      },
    ],
    configurationKeys: deps.configurationKeys,
    run: (input, io) => deps.serve(readFlags(input), io),
  };
}
