import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort, run, startServer, waitFor } from '../lib/processes.ts';

export interface FoundPrometheus {
  /** Use with `describe.skipIf`. */
  readonly missing: boolean;
  /** Use in the title of a skipped suite. */
  readonly note: string;
}

/** Finds a program of Prometheus on the PATH. With WASMGATE_E2E=required its absence is an error. */
export async function findPrometheus(
  program: 'prometheus' | 'promtool',
  env: NodeJS.ProcessEnv = process.env,
): Promise<FoundPrometheus> {
  const works = await run(program, ['--version']).then(
    ({ code }) => code === 0,
    () => false,
  );
  if (works) return { missing: false, note: '' };
  const obstacle = `there is no ${program} (Debian: apt-get install prometheus)`;
  if (env['WASMGATE_E2E'] === 'required') throw new Error(`Cannot test alerts: ${obstacle}`);
  return { missing: true, note: ` (skipped: ${obstacle})` };
}

/** A value of a query's result, with its labels. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus extends AsyncDisposable {
  /** @throws if Prometheus finds a fault in the query */
  readonly query: (expr: string) => Promise<readonly Sample[]>;
  /** The rules that Prometheus could not evaluate, with the reason. */
  readonly brokenRules: () => Promise<readonly string[]>;
}

interface PrometheusOptions {
  readonly folder: string;
  /** Entries of `scrape_configs`. */
  readonly jobs: readonly object[];
  /** A rule file. */
  readonly rules: object;
}

/** Short, so that a test sees an increase soon. */
const INTERVAL = '2s';

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly name: string;
      readonly health: string;
      readonly lastError?: string;
    }[];
  }[];
}

/** Starts a Prometheus that scrapes these jobs. */
export async function startPrometheus({ folder, jobs, rules }: PrometheusOptions): Promise<Prometheus> {
  const config = join(folder, 'prometheus.yaml');
  await writeFile(join(folder, 'rules.yaml'), stringify(rules));
  const global = { scrape_interval: INTERVAL, scrape_timeout: INTERVAL, evaluation_interval: INTERVAL };
  await writeFile(config, stringify({ global, rule_files: ['rules.yaml'], scrape_configs: jobs }));
  const address = `127.0.0.1:${await freePort()}`;
  const storage = `--storage.tsdb.path=${join(folder, 'prometheus')}`;
  const args = [`--config.file=${config}`, storage, `--web.listen-address=${address}`];
  const server = startServer('prometheus', args, {
    name: 'prometheus',
    logFile: join(folder, 'prometheus.log'),
    env: { PATH: process.env['PATH'] },
  });
  const read = async <Data>(path: string, parameters: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(
      `http://${address}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`,
    );
    const { data, error } = (await response.json()) as { readonly data: Data; readonly error?: string };
    if (error !== undefined) throw new Error(`Cannot query Prometheus: ${error}`);
    return data;
  };
  const isReady = () =>
    fetch(`http://${address}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitFor(isReady, { what: 'Prometheus', seconds: 120, servers: [server] });
  return {
    query: async (expr) => {
      const { result } = await read<{ readonly result: readonly RawSample[] }>('query', { query: expr });
      return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    brokenRules: async () => {
      const { groups } = await read<Rules>('rules');
      return groups.flatMap((group) =>
        group.rules
          .filter(({ health }) => health !== 'ok')
          .map(({ name, health, lastError = '' }) => `${name}: ${health} ${lastError}`),
      );
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

interface RawSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}
