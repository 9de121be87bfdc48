import type { Command, ConfigurationKey, Flag, ParsedArguments } from './command.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import { flagText } from './parse.ts';
import { usageError } from './usage-error.ts';

/** What the command line says; what it leaves open is the configuration file's, then the default. */
export interface ServeFlags {
  readonly config: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Plain HTTP for metrics. */
  readonly metricsPort: number | undefined;
  /** Development certificates in this folder, instead of the Secret in the cluster. */
  readonly certDir: string | undefined;
  readonly logLevel: string | undefined;
}

export interface ServeDeps {
  /** Serves until it is told to stop. Throws AppError for what keeps it from starting. */
  readonly serve: (flags: ServeFlags, io: Io) => Promise<ExitCode>;
  readonly configurationKeys: () => readonly ConfigurationKey[];
  readonly logLevels: readonly string[];
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
  return {
    config: flagText(input, 'config'),
    kubeconfig: flagText(input, 'kubeconfig'),
    host: flagText(input, 'host'),
    port: readPort(input, 'port'),
    metricsPort: readPort(input, 'metrics-port'),
    certDir: flagText(input, 'cert-dir'),
    logLevel: flagText(input, 'log-level'),
  };
}

function describeFlags(logLevels: readonly string[]): readonly Flag[] {
  return [
    { name: 'config', placeholder: 'FILE', description: 'Configuration file; every key has a default.' },
    {
      name: 'kubeconfig',
      placeholder: 'FILE',
      description: 'How to reach the cluster; inside of one, its service account is taken.',
    },
    { name: 'host', placeholder: 'ADDRESS', description: 'Listen on this address; wins over server.host.' },
    { name: 'port', placeholder: 'NUMBER', description: 'Listen on this port; wins over server.port.' },
    {
      name: 'metrics-port',
      placeholder: 'NUMBER',
      description: 'Serve metrics over plain HTTP on this port; wins over server.metricsPort.',
    },
    {
      name: 'cert-dir',
      placeholder: 'DIR',
      description:
        'Serve with development certificates from this folder, made where missing, instead of those in the cluster’s Secret.',
    },
    {
      name: 'log-level',
      placeholder: 'LEVEL',
      description: 'Wins over log.level.',
      choices: logLevels,
    },
  ];
}

export function serveCommand(deps: ServeDeps): Command {
  return {
    name: 'serve',
    summary: 'Serve the admission webhook over HTTPS.',
    flags: describeFlags(deps.logLevels),
    examples: [
      { command: 'wasmgate serve', says: 'In a Pod of the cluster, as the manifests start it' },
      {
        command: 'wasmgate serve --kubeconfig ~/.kube/config --cert-dir certs',
        says: 'On your machine, for development',
      },
      {
        command: 'wasmgate serve --config wasmgate.yaml --log-level debug',
        says: 'With a configuration of your own, telling every admission',
      },
    ],
    configurationKeys: deps.configurationKeys,
    run: (input, io) => deps.serve(readFlags(input), io),
  };
}
